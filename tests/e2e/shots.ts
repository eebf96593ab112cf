/**
 * Renders every screen of the built extension in real Chromium into shots/: light, dark, and from right to
 * left (Persian); runs axe-core on each, and puts all of them on contact sheets. The background is driven by
 * `shots-host.ts` with recorded snapshots: a picture book, not a test of the network. Exits 1 when axe finds anything.
 * Usage: npm run shots [-- --lang de] [-- --only popup-,page-wallet] [-- --looks light,dark,contrast,forced]
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BrowserContext, Page } from 'playwright-core';
import { TEST } from '../../extension/ui/testids.ts';
import { channelSigner } from '../../extension/wallet/keys.ts';
import { seedOf } from '../../extension/wallet/seed.ts';
import { address } from '../../shared/base/units.ts';
import { axeViolations } from './axe.ts';
import { contactSheets } from './contact-sheet.ts';
import { showAlone } from './shots-alone.ts';
import type { Scenario } from './shots-host.ts';
import { foreignRules } from './shots-import.ts';
import { pageKnownNode, pageNodes, popupNodes, rememberNode } from './shots-nodes.ts';
import { answerSelfTests } from './shots-proxy.ts';
import { BLOCKED, CONNECTING, EMPTY, FAILOVER, NO_FUNDS, NODES, needs, PROTECTED, REPLACED } from './shots-scenes.ts';
import { showWallet } from './shots-wallet.ts';
import { open, PAGE, PAGE_SIZE, POPUP, POPUP_SIZE, Stage, state, waitFor } from './stage.ts';

type Look = 'light' | 'dark' | 'rtl' | 'contrast' | 'forced';
type Media = NonNullable<Parameters<Page['emulateMedia']>[0]>;
const PLAIN: Media = { colorScheme: 'light', reducedMotion: 'reduce', contrast: null, forcedColors: null };
const MEDIA: Record<Look, Media> = {
  light: PLAIN,
  dark: { ...PLAIN, colorScheme: 'dark' },
  rtl: PLAIN,
  contrast: { ...PLAIN, contrast: 'more' },
  forced: { ...PLAIN, forcedColors: 'active' },
};

const { values: options } = parseArgs({
  options: {
    lang: { type: 'string' },
    only: { type: 'string', default: '' },
    looks: { type: 'string', default: 'light,dark' },
  },
});
const OUT = resolve('shots');
const PASSWORD = 'a quiet burrow';
/** What a popup is scrolled to for its picture. */
const BELOW: Readonly<Record<string, string>> = {
  'popup-about': '.live-exit',
  'popup-wallet-receive': '.receive-more',
  'popup-wallet-wrong-password': '.unlock',
};

/** One language and its pictures after another. */
const LOOKS = options.looks.split(',') as Look[];
const RUNS: readonly { readonly lang: string; readonly looks: readonly Look[] }[] = options.lang
  ? [{ lang: options.lang, looks: LOOKS }]
  : [
      { lang: 'en', looks: LOOKS },
      { lang: 'fa', looks: ['rtl'] },
    ];
let run = RUNS[0] as (typeof RUNS)[number];
let stage: Stage;
let violations = 0;
let seed: Uint8Array = new Uint8Array();

async function main(): Promise<void> {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const { port = 0, username = '' } = PROTECTED.exits[0]?.proxy ?? {};
  const endProxy = await answerSelfTests(port, username);
  for (run of RUNS) {
    stage = new Stage(run.lang);
    await withBrowser([], story);
    await withBrowser([], later);
    await withBrowser([rival()], conflict);
    stage.end();
  }
  endProxy();
  stage = new Stage();
  const columns = RUNS.flatMap(({ looks }) => looks);
  await withBrowser([], async (context) => contactSheets(await context.newPage(), OUT, columns));
  stage.end();
  console.log(violations === 0 ? 'axe: no violation' : `axe: ${violations} violations`);
  process.exitCode = violations === 0 ? 0 : 1;
}

async function withBrowser(others: readonly string[], show: (context: BrowserContext) => Promise<void>): Promise<void> {
  const context = await stage.launch(...others);
  try {
    await show(context);
  } finally {
    await context.close();
  }
}

async function story(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  const show = shooter(page);
  // No host yet.
  await open(page, POPUP);
  await waitFor(page, TEST.errorScreen);
  await show('popup-host-missing');
  await open(page, `${PAGE}#/welcome`);
  await page.locator(`[data-testid=${TEST.welcomeHost}][data-state=missing]`).waitFor();
  await page.getByTestId(TEST.hostHelp).locator('summary').click();
  await show('page-welcome-host');
  await open(page, POPUP);
  await waitFor(page, TEST.errorScreen);
  scene({ ...EMPTY, version: 0 });
  await stage.installHost();
  await page.getByTestId(TEST.errorRetry).click();
  await page.locator(`[data-testid=${TEST.errorScreen}][data-code=host_too_old]`).waitFor();
  await show('popup-host-too-old');
  scene(EMPTY);
  // It looks again by itself too, and may be quicker than the click.
  await Promise.race([page.getByTestId(TEST.errorRetry).click(), waitFor(page, TEST.connectSwitch)]);
  await waitFor(page, TEST.connectSwitch);
  await show('popup-no-wallet');
  await page.getByTestId(TEST.tabWallet).click();
  await show('popup-wallet-none');
  await setUp(page, show);
  await popups(page, show);
  await pages(page, show);
}

type Show = (name: string) => Promise<void>;

async function setUp(page: Page, show: Show): Promise<void> {
  await open(page, `${PAGE}#/setup`);
  await waitFor(page, TEST.setupCreate);
  await show('page-setup');
  await page.getByTestId(TEST.setupImport).click();
  await show('page-setup-import');
  await open(page, `${PAGE}#/setup`);
  await page.getByTestId(TEST.setupCreate).click();
  await page.getByTestId(TEST.passwordNew).fill(PASSWORD);
  await page.getByTestId(TEST.passwordRepeat).fill(PASSWORD);
  await show('page-setup-password');
  await page.getByTestId(TEST.passwordSubmit).click();
  await waitFor(page, TEST.seedReveal);
  await show('page-setup-words-covered');
  await page.getByTestId(TEST.seedReveal).click();
  await show('page-setup-words');
  const words = await page.getByTestId(TEST.seedWord).allTextContents();
  seed = await seedOf(words.join(' '));
  await page.getByTestId(TEST.seedWritten).click();
  for (const input of await page.getByTestId(TEST.quizInput).all()) {
    await input.fill(words[Number(await input.getAttribute('data-index'))] ?? '');
  }
  await show('page-setup-quiz');
  await page.getByTestId(TEST.quizSubmit).click();
  await waitFor(page, TEST.setupDone);
  await show('page-setup-done');
  await open(page, `${PAGE}#/welcome`);
  await waitFor(page, TEST.firstConnect);
  await page.getByTestId(TEST.firstSite).fill('news.example.org');
  await show('page-welcome-first');
}

async function popups(page: Page, show: Show): Promise<void> {
  scene(NO_FUNDS);
  await open(page, `${POPUP}?site=news.example.org`);
  await page.getByTestId('no-funds').waitFor();
  await show('popup-no-funds');
  scene(EMPTY);
  await open(page, `${POPUP}?site=news.example.org`);
  await waitFor(page, TEST.siteRoute);
  await page.getByTestId(TEST.tabNodes).click();
  await popupNodes(page, show);
  await page.getByTestId(TEST.tabConnect).click();
  await show('popup-off');
  await page.getByTestId(TEST.siteRouteVia).click();
  await page.locator('[data-key="country:JP"]').click();
  await page.getByTestId(TEST.siteRouteVia).click();
  await page.locator('[data-key="country:JP"]').waitFor();
  await show('popup-site-menu');
  await page.getByTestId(TEST.siteRouteVia).click();
  await page.getByTestId(TEST.connectSwitch).click();
  await state(page, 'connecting');
  scene(needs((payee) => channelSigner(seed, 0, address(payee)).address));
  await waitFor(page, TEST.approval);
  await page.locator(`[data-testid=${TEST.approvalApprove}]:enabled`).waitFor();
  await show('popup-approval');
  await page.getByTestId(TEST.approvalAmount).fill('900');
  await page.getByTestId(TEST.approvalError).filter({ hasText: /\S/ }).waitFor();
  await show('popup-approval-too-much');
  await page.getByTestId(TEST.approvalAmount).fill('2');
  await page.getByTestId(TEST.approvalApprove).click();
  await page.locator(`[data-testid=${TEST.approval}][data-key*="${NODES[1]?.payee}"]`).waitFor();
  await page.getByTestId(TEST.approvalReject).click();
  await page.getByTestId(TEST.approval).waitFor({ state: 'detached' });
  await show('popup-waiting-for-deposit');
  scene(CONNECTING);
  await state(page, 'connecting');
  await show('popup-connecting');
  scene(PROTECTED);
  await state(page, 'protected');
  await settle(page, 14);
  await show('popup-protected');
  await page.getByTestId(TEST.about).click();
  await show('popup-about');
  await page.getByTestId(TEST.about).click();
  scene(FAILOVER);
  await page.locator(`[data-testid=${TEST.exitNews}][data-state=gone]`).waitFor();
  await show('popup-node-lost');
  scene(REPLACED);
  await page.locator(`[data-testid=${TEST.exitNews}][data-state=over]`).waitFor();
  await show('popup-node-replaced');
  scene(BLOCKED);
  await state(page, 'blocked');
  await show('popup-blocked');
  scene(PROTECTED);
  await page.getByTestId(TEST.tabWallet).click();
  await page.locator(`[data-testid=${TEST.balanceToken}]:not([data-value=""])`).waitFor();
  await page.getByTestId(TEST.receive).click();
  await show('popup-wallet-receive');
  await page.getByTestId(TEST.receive).click();
  await waitFor(page, TEST.channelRow);
  await show('popup-wallet');
  await page.getByTestId(TEST.lock).click();
  await page.getByTestId(TEST.unlockPassword).fill('wrong password');
  await page.getByTestId(TEST.unlockSubmit).click();
  await page.getByTestId(TEST.unlockError).filter({ hasText: /\S/ }).waitFor();
  await show('popup-wallet-wrong-password');
  await page.getByTestId(TEST.unlockPassword).fill(PASSWORD);
  await page.getByTestId(TEST.unlockSubmit).click();
  await waitFor(page, TEST.lock);
}

async function pages(page: Page, show: Show): Promise<void> {
  await open(page, `${PAGE}#/rules`);
  await waitFor(page, TEST.ruleAdd);
  for (const [kind, text, action] of [
    ['domain', 'two.example', 'country:JP'],
    ['wildcard', '*.ads.*', 'block'],
    ['host', 'bank.example', 'direct'],
    ['domain', 'one.example', `node:${NODES[0]?.did}`],
  ] as const) {
    await page.getByTestId(TEST.ruleAdd).click();
    await page.getByTestId(TEST.ruleMatchKind).selectOption(kind);
    await page.getByTestId(TEST.ruleMatchText).fill(text);
    await page.getByTestId(TEST.ruleAction).selectOption(action);
    await page.getByTestId(TEST.ruleSave).click();
    await page.getByTestId(TEST.ruleRow).filter({ hasText: text }).waitFor();
  }
  await page.getByTestId(TEST.otherwise).selectOption('direct');
  await page.getByTestId(TEST.testerInput).fill('https://shop.one.example/cart');
  await page.locator(`[data-testid=${TEST.testerResult}][data-state=exit]`).waitFor();
  await show('page-rules');
  await page.getByTestId(TEST.ruleAdd).click();
  await page.getByTestId(TEST.ruleMatchKind).selectOption('regex');
  await page.getByTestId(TEST.ruleMatchText).fill('(a+)+$');
  await page.getByTestId(TEST.ruleSave).click();
  await page.getByTestId(TEST.ruleError).filter({ hasText: /\S/ }).waitFor();
  await show('page-rule-form');
  await page.getByTestId(TEST.ruleMatchKind).selectOption('domain');
  await page.getByTestId(TEST.ruleMatchText).fill('video.example');
  await page.locator('.rule-more summary').click();
  await page.getByTestId(TEST.ruleUntil).selectOption('hour');
  await page.getByTestId(TEST.ruleGroupName).fill('Evening');
  await page.getByTestId(TEST.ruleComment).fill('Only with subtitles');
  await page.getByTestId(TEST.ruleAlso).fill('cdn.example\nimages.example');
  await show('page-rule-form-more');
  await page.getByTestId(TEST.ruleSave).click();
  await page.getByTestId(TEST.ruleGroup).waitFor();
  await show('page-rules-groups');
  await page.getByTestId(TEST.rulesFile).setInputFiles(foreignRules(stage.work));
  await page.getByTestId(TEST.importProfile).first().waitFor();
  await show('page-rules-import');
  await open(page, `${PAGE}#/nodes`);
  await pageNodes(page, show);
  await open(page, `${PAGE}#/live`);
  await settle(page, 14);
  await page.getByTestId(TEST.liveExperts).first().click();
  await show('page-live');
  await showWallet(page, { show, scene, open: () => open(page, `${PAGE}#/wallet`), seed });
  scene(PROTECTED);
  await open(page, `${PAGE}#/diagnostics?switches`);
  await waitFor(page, TEST.stopPaying);
  await page.locator(`[data-testid=${TEST.diagnosticsRow}][data-key=exitAddress]`).first().waitFor();
  await page.locator(`[data-testid=${TEST.diagnosticsRun}]:enabled`).waitFor();
  await show('page-diagnostics');
  await showAlone(page, {
    ...{ show, scene, state, shooter },
    open: (route) => open(page, route === 'popup' ? POPUP : `${PAGE}${route}`),
  });
  // The background notes a node that is up again, over what was written before.
  await state(page, 'protected');
  await settle(page, 3);
  await rememberNode(page);
}

/** The same browser, started anew. */
async function later(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  await open(page, `${PAGE}#/nodes`);
  await pageKnownNode(page, shooter(page));
}

/** The folder of a second extension that takes the proxy settings for itself: installed after ours, and so above it. */
function rival(): string {
  const folder = join(stage.work, 'rival');
  mkdirSync(folder);
  const manifest = {
    manifest_version: 3,
    name: 'rival',
    version: '1',
    permissions: ['proxy'],
    background: { service_worker: 'sw.js' },
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'sw.js'), "chrome.proxy.settings.set({value:{mode:'direct'},scope:'regular'})");
  return folder;
}

async function conflict(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  await open(page, POPUP);
  await state(page, 'off').catch(() => {});
  await page.locator(`[data-testid=${TEST.errorScreen}][data-code=proxy_conflict]`).waitFor();
  await shooter(page)('popup-conflict');
}

function shooter(page: Page): Show {
  return async (name) => {
    if (!options.only.split(',').some((part) => name.includes(part))) return;
    await page.setViewportSize(name.startsWith('popup') ? POPUP_SIZE : PAGE_SIZE);
    // As it opens, whatever was clicked in it since; but for what stands further down.
    const below = BELOW[name];
    if (below)
      await page
        .locator(below)
        .first()
        .evaluate((element) => element.scrollIntoView({ block: 'end' }));
    else await page.evaluate(() => document.querySelector('.popup-main')?.scrollTo(0, 0));
    // The whole page as one window: stitched together, what sticks to the window would hang in the middle.
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    if (!name.startsWith('popup')) await page.setViewportSize({ ...PAGE_SIZE, height });
    for (const look of run.looks) {
      await page.emulateMedia(MEDIA[look]);
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      await page.screenshot({ path: join(OUT, `${name}-${look}.png`) });
      violations += await axeViolations(page, `${name}-${look}`);
    }
    await page.emulateMedia(PLAIN);
  };
}

function scene(next: Scenario): void {
  stage.scene({ capabilities: ['self-test'], ...next });
}

/** Until the chart has so many samples, that is: that many views with new rates. */
async function settle(page: Page, samples: number): Promise<void> {
  const seen = new Set<string>();
  while (seen.size < samples) {
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
    seen.add((await page.getByTestId(TEST.speedDown).getAttribute('data-value')) ?? '');
  }
}

await main();
