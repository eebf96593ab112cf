/** The extension as a person uses it: clicks and words on its pages, by their stable test ids. */
import type { Command, View } from '../../extension/messages.ts';
import { TEST } from '../../extension/ui/testids.ts';
import type { Locator, Page } from '../lab/browser.ts';
import { until } from './wait.ts';

export const PASSWORD = 'correct horse battery staple';

export const by = (
  page: Page | Locator,
  id: keyof typeof TEST,
  attributes: Readonly<Record<string, string>> = {},
): Locator => {
  const more = Object.entries(attributes).map(([name, value]) => `[${name}="${value}"]`);
  return page.locator(`[data-testid="${TEST[id]}"]${more.join('')}`);
};

/** A number that an element carries beside its words. */
export async function value(page: Page | Locator, id: keyof typeof TEST): Promise<bigint> {
  return BigInt((await by(page, id).first().getAttribute('data-value')) ?? '0');
}

/** What the background tells its windows: read over a window's own port, changed by nothing. */
export function view(page: Page): Promise<View> {
  return page.evaluate(
    () =>
      new Promise<View>((resolve, reject) => {
        const port = chrome.runtime.connect({ name: 'ui' });
        const timer = setTimeout(() => reject(new Error('the background sent no view')), 5_000);
        port.onMessage.addListener((message: unknown) => {
          const { view } = message as { readonly view?: View };
          if (!view) return;
          clearTimeout(timer);
          port.disconnect();
          resolve(view);
        });
      }),
  );
}

/** What a window may ask of the background, asked over the page's own port. @throws the background's words. */
export function ask(page: Page, command: Command): Promise<unknown> {
  const play = (asked: Command) =>
    new Promise((resolve, reject) => {
      const port = chrome.runtime.connect({ name: 'ui' });
      port.onMessage.addListener(
        (message: { readonly type: string; readonly result?: unknown; readonly error?: { message: string } }) => {
          if (message.type !== 'answer') return;
          port.disconnect();
          if (message.error) reject(new Error(message.error.message));
          else resolve(message.result);
        },
      );
      port.postMessage({ id: 1, command: asked });
    });
  return page.evaluate(new Function(`return (${play})(${JSON.stringify(command)})`) as () => Promise<unknown>);
}

/** Creates the wallet through the set-up page; returns the words that the page showed. */
export async function createWallet(page: Page, shot: (name: string, page: Page) => Promise<void>): Promise<string[]> {
  await by(page, 'setupCreate').click();
  await by(page, 'passwordNew').fill(PASSWORD);
  await by(page, 'passwordRepeat').fill(PASSWORD);
  await by(page, 'passwordSubmit').click();
  await by(page, 'seedReveal').click();
  const words = await until('twelve words', async () => {
    const all = await by(page, 'seedWord').evaluateAll((nodes) =>
      nodes
        .map((node) => ({ index: Number(node.getAttribute('data-index')), word: node.textContent?.trim() ?? '' }))
        .sort((a, b) => a.index - b.index)
        .map(({ word }) => word),
    );
    return all.length === 12 && all.every((word) => /^[a-z]+$/.test(word)) ? all : null;
  });
  await shot('seed', page);
  await by(page, 'seedWritten').click();
  const asked = by(page, 'quizInput');
  await asked.first().waitFor();
  for (const input of await asked.all()) {
    await input.fill(words[Number(await input.getAttribute('data-index'))] ?? '');
  }
  await by(page, 'quizSubmit').click();
  await by(page, 'setupDone').waitFor();
  return words;
}

/** Adds a rule: this domain and all below it take that route. */
export async function addRule(page: Page, domain: string, action: string): Promise<void> {
  const before = await by(page, 'ruleRow').count();
  await by(page, 'ruleAdd').click();
  await by(page, 'ruleMatchKind').selectOption('domain');
  await by(page, 'ruleMatchText').fill(domain);
  await by(page, 'ruleAction').selectOption(action);
  await by(page, 'ruleSave').click();
  await until(`the rule for ${domain}`, async () => (await by(page, 'ruleRow').count()) > before);
}

export interface Approved {
  readonly kind: string;
  readonly total: bigint;
  /** Since the wait began: when the sheet stood there, and when it was approved. */
  readonly shownMs: number;
  readonly approvedMs: number;
}

/** Says yes to every approval sheet until the state is reached; returns what was approved. */
export async function approveUntil(popup: Page, state: string, limitMs = 40_000): Promise<Approved[]> {
  const approved = new Map<string, Approved>();
  const shown = new Map<string, number>();
  const began = performance.now();
  await until(
    `the state ${state}`,
    async () => {
      const any = by(popup, 'approval').first();
      const key = (await any.count()) > 0 ? await any.getAttribute('data-key', { timeout: 500 }) : null;
      if (key) {
        if (!shown.has(key)) shown.set(key, performance.now() - began);
        // This very sheet and its own button: another may take its place at any moment.
        const sheet = by(popup, 'approval', { 'data-key': key });
        const button = by(sheet, 'approvalApprove');
        if (await button.isEnabled({ timeout: 500 })) {
          const kind = (await sheet.getAttribute('data-kind', { timeout: 500 })) ?? '';
          const total = BigInt((await by(sheet, 'approvalTotal').getAttribute('data-value', { timeout: 500 })) ?? 0);
          const approvedMs = performance.now() - began;
          // Noted before the click: the sheet may be gone before the click is known to have worked.
          approved.set(key, { kind, total, shownMs: shown.get(key) ?? 0, approvedMs });
          await button.click({ timeout: 2_000 });
        }
      }
      return (await by(popup, 'stateText').getAttribute('data-state', { timeout: 500 })) === state;
    },
    limitMs,
  );
  return [...approved.values()];
}
