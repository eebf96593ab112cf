/**
 * The whole way by keyboard alone, in real Chromium with the built extension (dist/chrome): a wallet, a node, the
 * map, a rule, a deposit. No mouse, no focus set by the test: what Tab does not reach, nobody reaches.
 */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TEST } from '../../extension/ui/testids.ts';
import { channelSigner } from '../../extension/wallet/keys.ts';
import { seedOf } from '../../extension/wallet/seed.ts';
import { address } from '../../shared/base/units.ts';
import { EMPTY, needs, PROTECTED } from '../e2e/shots-scenes.ts';
import { open, PAGE, POPUP, Stage, state, waitFor } from '../e2e/stage.ts';

const PASSWORD = 'a quiet burrow';
/** More stops than any screen has. */
const MOST_STOPS = 120;

const stage = new Stage();
let context: BrowserContext;
let page: Page;
let seed: Uint8Array = new Uint8Array();

beforeAll(async () => {
  stage.scene(EMPTY);
  await stage.installHost();
  context = await stage.launch();
  page = await context.newPage();
});
afterAll(async () => {
  await context?.close();
  stage.end();
});

/** The stop's test id; the tag's name where it has none. */
function focused(): Promise<string> {
  return page.evaluate(() => {
    const at = document.activeElement;
    return at?.getAttribute('data-testid') ?? at?.tagName.toLowerCase() ?? '';
  });
}

/** Where it will be as soon as the screen has changed. */
function focusOn(testid: string): Promise<void> {
  return expect.poll(focused, { timeout: 20_000 }).toBe(testid);
}

async function tabTo(testid: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    await page.keyboard.press(key);
    const here = await focused();
    if (here === testid) return;
    passed.push(here);
  }
  throw new Error(`${testid} is not reached by ${key}; passed ${[...new Set(passed)].join(', ')}`);
}

async function press(testid: string, key = 'Enter'): Promise<void> {
  await tabTo(testid);
  await page.keyboard.press(key);
}

async function typeInto(testid: string, text: string): Promise<void> {
  await tabTo(testid);
  await page.keyboard.type(text);
}

test('a wallet is made, its words are written down and confirmed', async () => {
  await open(page, `${PAGE}#/setup`);
  await waitFor(page, TEST.setupCreate);
  await press(TEST.setupCreate);
  await waitFor(page, TEST.passwordNew);
  // Each step begins at its own title.
  await focusOn('h1');
  await typeInto(TEST.passwordNew, PASSWORD);
  await typeInto(TEST.passwordRepeat, PASSWORD);
  await page.keyboard.press('Enter');
  await waitFor(page, TEST.seedReveal);
  await focusOn('h1');
  await press(TEST.seedReveal);
  const words = await page.getByTestId(TEST.seedWord).allTextContents();
  seed = await seedOf(words.join(' '));
  await press(TEST.seedWritten);
  await waitFor(page, TEST.quizInput);
  for (const input of await page.getByTestId(TEST.quizInput).all()) {
    await typeInto(TEST.quizInput, words[Number(await input.getAttribute('data-index'))] ?? '');
  }
  await page.keyboard.press('Enter');
  await waitFor(page, TEST.setupDone);
  await focusOn('h1');
}, 60_000);

test('a node is chosen from the list, and the map is walked with the arrow keys', async () => {
  await open(page, POPUP);
  await waitFor(page, TEST.connectSwitch);
  await press(TEST.tabNodes);
  await waitFor(page, TEST.nodeRow);
  await typeInto(TEST.nodeSearch, 'kassel');
  await page.waitForFunction((id) => document.querySelectorAll(`[data-testid=${id}]`).length === 1, TEST.nodeRow);
  await press(TEST.nodeSetDefault, 'Space');
  await page.locator(`[data-testid=${TEST.nodeSetDefault}][aria-pressed=true]`).waitFor();
  await tabTo(TEST.nodeSearch, 'Shift+Tab');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await press(TEST.nodeMapToggle);
  await waitFor(page, TEST.nodeMapMark);
  await tabTo(TEST.nodeMapMark);
  const mark = () => page.evaluate(() => (document.activeElement as HTMLElement).dataset.key);
  const seen = new Set([await mark()]);
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowLeft']) {
    await page.keyboard.press(key);
    await focusOn(TEST.nodeMapMark);
    seen.add(await mark());
  }
  expect(seen.size).toBeGreaterThan(2);
  // One stop for the whole map: Tab goes on to what comes after it.
  await page.keyboard.press('Tab');
  await expect.poll(focused).not.toBe(TEST.nodeMapMark);
  await press(TEST.nodeOpen);
  await waitFor(page, TEST.nodePage);
  await focusOn('h2');
  await tabTo(TEST.nodeBack, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await waitFor(page, TEST.nodeRow);
  await focusOn(TEST.nodeOpen);
}, 60_000);

test('the map goes closer and back without losing the focus', async () => {
  await open(page, `${PAGE}#/nodes`);
  await waitFor(page, TEST.nodeMapMark);
  await tabTo(TEST.nodeMapMark);
  const mark = () => page.evaluate(() => (document.activeElement as HTMLElement).dataset.key ?? '');
  // Some marks are several countries; the arrow keys reach every mark.
  const keys = ['ArrowLeft', 'ArrowUp', 'ArrowRight', 'ArrowDown'];
  for (let step = 0; step < MOST_STOPS && !(await mark()).includes(','); step++) {
    await page.keyboard.press(keys[step % keys.length] ?? '');
  }
  expect(await mark()).toContain(',');
  await page.keyboard.press('Enter');
  await waitFor(page, TEST.nodeMapOut);
  await focusOn(TEST.nodeMapMark);
  await page.keyboard.press('Escape');
  await page.getByTestId(TEST.nodeMapOut).waitFor({ state: 'detached' });
  await focusOn(TEST.nodeMapMark);
}, 60_000);

test('protection is switched on, a deposit approved, another refused', async () => {
  await open(page, `${POPUP}?site=news.example.org`);
  await waitFor(page, TEST.connectSwitch);
  await press(TEST.connectSwitch, 'Space');
  await state(page, 'connecting');
  stage.scene(needs((payee) => channelSigner(seed, 0, address(payee)).address));
  await page.locator(`[data-testid=${TEST.approvalApprove}]:enabled`).waitFor();
  const sheet = page.getByTestId(TEST.approval);
  expect(await sheet.evaluate((dialog) => dialog.contains(document.activeElement))).toBe(true);
  const first = await sheet.getAttribute('data-key');
  await press(TEST.approvalApprove);
  await page.locator(`[data-testid=${TEST.approval}]:not([data-key="${first}"])`).waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId(TEST.approval).waitFor({ state: 'detached' });
  await focusOn(TEST.connectSwitch);
  stage.scene(PROTECTED);
  await state(page, 'protected');
}, 60_000);

test('the route of a site is looked at and left with Escape, then chosen', async () => {
  await waitFor(page, TEST.siteRouteVia);
  await press(TEST.siteRouteVia);
  await page.locator('.choice[data-key="country:JP"]').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  await page.locator('.choice[data-key="country:JP"]').waitFor({ state: 'detached' });
  await focusOn(TEST.siteRouteVia);
  await page.keyboard.press('Enter');
  const choice = () => page.evaluate(() => (document.activeElement as HTMLElement).dataset.key);
  for (let stop = 0; stop < MOST_STOPS && (await choice()) !== 'country:JP'; stop++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator(`[data-testid=${TEST.siteRoute}][data-state=exit]`).waitFor();
  await focusOn(TEST.siteRouteVia);
}, 60_000);

test('a rule is added, moved and deleted; a link of the page leads to its top', async () => {
  await open(page, `${PAGE}#/rules`);
  await waitFor(page, TEST.ruleAdd);
  await press(TEST.ruleAdd);
  await waitFor(page, TEST.ruleMatchKind);
  await focusOn(TEST.ruleMatchKind);
  await typeInto(TEST.ruleMatchText, 'one.example');
  await page.keyboard.press('Enter');
  const row = page.getByTestId(TEST.ruleRow).filter({ hasText: 'one.example' });
  await row.waitFor();
  await focusOn(TEST.ruleAdd);
  await press(TEST.ruleDown);
  await page.waitForFunction(
    (id) => document.querySelectorAll(`[data-testid=${id}]`)[1]?.textContent?.includes('one.example'),
    TEST.ruleRow,
  );
  await page.locator('nav a[href="#/wallet"]').waitFor();
  const link = () => page.evaluate(() => document.activeElement?.getAttribute('href'));
  for (let stop = 0; stop < MOST_STOPS && (await link()) !== '#/wallet'; stop++) await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await waitFor(page, TEST.balanceToken);
  await focusOn('h1');
  expect(await page.title()).toBe('Wallet – Warren');
}, 60_000);
