/**
 * How long one looks at nothing: from the popup's load to the paint that shows the state, in real Chromium with
 * the built extension (dist/chrome). ★ ≤ 100 ms with the last view at hand, whether the background sleeps or not.
 */
import type { Page } from 'playwright-core';
import { TEST } from '../../extension/ui/testids.ts';
import { EMPTY, NODES, PROTECTED } from '../e2e/shots-scenes.ts';
import { open, PAGE, POPUP, Stage, state, waitFor } from '../e2e/stage.ts';

const OPENINGS = 30;
const PASSWORD = 'a quiet burrow';

export async function benchPopup(): Promise<unknown> {
  const stage = new Stage();
  stage.scene(EMPTY);
  await stage.installHost();
  const context = await stage.launch();
  try {
    const page = await context.newPage();
    await makeWallet(page);
    await page.addInitScript(watch, TEST.stateText);
    const awake = await openings(page, 'off');
    const asleep = await openings(page, 'off', () => sleep(page));
    await open(page, POPUP);
    await page.getByTestId(TEST.tabNodes).click();
    await page.locator(`[data-key="${NODES[0]?.did}"]`).getByTestId(TEST.nodeSetDefault).click();
    await page.locator(`[data-testid=${TEST.nodeSetDefault}][aria-pressed=true]`).waitFor();
    await page.getByTestId(TEST.tabConnect).click();
    await page.getByTestId(TEST.connectSwitch).click();
    stage.scene(PROTECTED);
    await state(page, 'protected');
    const protectedNow = await openings(page, 'protected');
    return {
      'not protected, background awake': awake,
      'not protected, background asleep': asleep,
      protected: protectedNow,
    };
  } finally {
    await context.close();
    stage.end();
  }
}

/** ms, from the start of the load (`timeOrigin`) to the paint that drew the state's word (Element Timing). */
async function openings(page: Page, wanted: string, before = async () => {}): Promise<{ median: number; p95: number }> {
  const times: number[] = [];
  for (let i = 0; i < OPENINGS; i++) {
    await page.goto('about:blank');
    await before();
    await page.goto(POPUP);
    await state(page, wanted);
    const shown = await page.waitForFunction(() => (globalThis as unknown as Shown).shownAt);
    times.push((await shown.jsonValue()) as number);
  }
  times.sort((a, b) => a - b);
  return { median: times[OPENINGS >> 1] ?? 0, p95: times[Math.floor(OPENINGS * 0.95)] ?? 0 };
}

interface Shown {
  shownAt?: number;
}

/** Runs in the popup before its own scripts: asks the browser when it has painted that element. */
function watch(testid: string): void {
  new PerformanceObserver((list, observer) => {
    const [painted] = list.getEntries() as unknown as readonly { readonly renderTime: number }[];
    Object.assign(globalThis, { shownAt: painted?.renderTime });
    observer.disconnect();
  }).observe({ type: 'element', buffered: true });
  new MutationObserver((_, observer) => {
    const word = document.querySelector(`[data-testid=${testid}]`);
    if (!word) return;
    word.setAttribute('elementtiming', testid);
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
}

/** As after half a minute without a window (Chromium stops the worker; nothing of ours runs any more). */
async function sleep(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.stopAllWorkers');
  await session.detach();
}

async function makeWallet(page: Page): Promise<void> {
  await open(page, `${PAGE}#/setup`);
  await waitFor(page, TEST.setupCreate);
  await page.getByTestId(TEST.setupCreate).click();
  await page.getByTestId(TEST.passwordNew).fill(PASSWORD);
  await page.getByTestId(TEST.passwordRepeat).fill(PASSWORD);
  await page.getByTestId(TEST.passwordSubmit).click();
  await waitFor(page, TEST.seedReveal);
}
