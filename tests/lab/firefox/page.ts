/** A tab of Firefox, with the words of Playwright (`../browser.ts`). */
import { writeFile } from 'node:fs/promises';
import { ACTION_MS, type Key, type Locator, type Page, type Patience } from '../browser.ts';
import type { Bidi } from './bidi.ts';
import { choose, fill, find, focus, look, pressMissed, type Seen, type Step, watchPress } from './in-page.ts';

const AGAIN_MS = 40;

type ScriptResult =
  | { readonly type: 'success'; readonly result: { readonly value?: string } }
  | { readonly type: 'exception'; readonly exceptionDetails: { readonly text: string } };

export class FirefoxPage implements Page {
  readonly #bidi: Bidi;
  readonly #context: string;

  constructor(bidi: Bidi, context: string) {
    this.#bidi = bidi;
    this.#context = context;
  }

  async goto(url: string, { timeout = ACTION_MS }: Patience = {}): Promise<void> {
    await this.#bidi.call('browsingContext.navigate', { context: this.#context, url, wait: 'complete' }, timeout);
  }

  locator(selector: string): Locator {
    return new FirefoxLocator(this, [{ below: selector }]);
  }

  evaluate<R>(play: () => R | Promise<R>): Promise<R> {
    return this.run(`(${play})()`);
  }

  async bringToFront(): Promise<void> {
    await this.#bidi.call('browsingContext.activate', { context: this.#context });
  }

  async screenshot({ path }: { readonly path: string }): Promise<void> {
    const context = this.#context;
    const { data } = await this.#bidi.call<{ data: string }>('browsingContext.captureScreenshot', { context });
    await writeFile(path, Buffer.from(data, 'base64'));
  }

  async setViewportSize(viewport: { readonly width: number; readonly height: number }): Promise<void> {
    await this.#bidi.call('browsingContext.setViewport', { context: this.#context, viewport });
  }

  async close(): Promise<void> {
    await this.#bidi.call('browsingContext.close', { context: this.#context });
  }

  /** Evaluates an expression, awaits it, and brings it out as JSON. */
  async run<R>(expression: string, limitMs = 60_000): Promise<R> {
    const told = await this.#bidi.call<ScriptResult>(
      'script.callFunction',
      {
        functionDeclaration: `async () => JSON.stringify(await (${expression}))`,
        target: { context: this.#context },
        awaitPromise: true,
      },
      limitMs,
    );
    if (told.type === 'exception') throw new Error(told.exceptionDetails.text);
    return (told.result.value === undefined ? undefined : JSON.parse(told.result.value)) as R;
  }

  /**
   * Presses and releases the mouse there, through the browser's own input path.
   * @param found an expression for the elements of which the first is meant.
   * @returns false if something else lay there by then.
   */
  async clickAt(x: number, y: number, found: string): Promise<boolean> {
    await this.bringToFront();
    await this.run(`(${watchPress})(${found})`);
    const actions = [
      { type: 'pointerMove', x: Math.round(x), y: Math.round(y) },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ];
    const mouse = { type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions };
    await this.#bidi.call('input.performActions', { context: this.#context, actions: [mouse] });
    // A click may take its page away: then it has met what it was for.
    return this.run<boolean>(`(${pressMissed})()`, ACTION_MS).then(
      (missed) => !missed,
      () => true,
    );
  }

  /** Presses and releases a key where the focus is. */
  async press(key: Key): Promise<void> {
    await this.bringToFront();
    const actions = ['keyDown', 'keyUp'].map((type) => ({ type, value: KEYS[key] }));
    const keyboard = { type: 'key', id: 'keyboard', actions };
    await this.#bidi.call('input.performActions', { context: this.#context, actions: [keyboard] });
  }
}

/** WebDriver's code points for keys that are no character. */
const KEYS: Record<Key, string> = {
  Enter: '\uE007',
  Escape: '\uE00C',
  ArrowLeft: '\uE012',
  ArrowUp: '\uE013',
  ArrowRight: '\uE014',
  ArrowDown: '\uE015',
};

class FirefoxLocator implements Locator {
  readonly #page: FirefoxPage;
  readonly #steps: readonly Step[];

  constructor(page: FirefoxPage, steps: readonly Step[]) {
    this.#page = page;
    this.#steps = steps;
  }

  locator(selector: string): Locator {
    return this.#then({ below: selector });
  }

  first(): Locator {
    return this.#then({ nth: 0 });
  }

  async all(): Promise<Locator[]> {
    return Array.from({ length: await this.count() }, (_, nth) => this.#then({ nth }));
  }

  async count(): Promise<number> {
    return (await this.#look()).count;
  }

  async waitFor(patience?: Patience): Promise<void> {
    await this.#until('to be there', ({ visible }) => visible, patience);
  }

  async click({ timeout = ACTION_MS }: Patience = {}): Promise<void> {
    const end = performance.now() + timeout;
    // What loads above it may push it away just then: the click has missed, and is made again.
    while (!(await this.#tryClick(Math.max(0, end - performance.now()))));
  }

  async #tryClick(timeout: number): Promise<boolean> {
    let before = '';
    const standsStill = ({ box }: Seen): boolean => {
      const still = String(box) === before;
      before = String(box);
      return still;
    };
    const ready = (seen: Seen): boolean => seen.visible && standsStill(seen) && seen.enabled && seen.hit;
    const { box } = await this.#until('to be clickable', ready, { timeout }, true);
    const [x, y, width, height] = box ?? [0, 0, 0, 0];
    return this.#page.clickAt(x + width / 2, y + height / 2, this.#found);
  }

  async fill(text: string): Promise<void> {
    await this.#until('to take text', ({ visible, enabled }) => visible && enabled);
    await this.#run(fill, text);
  }

  async press(key: Key): Promise<void> {
    await this.#until('to take a key', ({ visible, enabled }) => visible && enabled);
    await this.#run(focus);
    await this.#page.press(key);
  }

  check(): Promise<void> {
    return this.#toggle(true);
  }

  uncheck(): Promise<void> {
    return this.#toggle(false);
  }

  async selectOption(value: string): Promise<void> {
    const end = performance.now() + ACTION_MS;
    await this.#until('to offer a choice', ({ visible, enabled }) => visible && enabled);
    while (!(await this.#run(choose, value))) {
      if (performance.now() > end) throw new Error(`Timeout: ${this.#name} never offered ${value}`);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  async textContent(patience?: Patience): Promise<string | null> {
    return (await this.#until('to be there', ({ count }) => count > 0, patience)).text;
  }

  async getAttribute(name: string, patience?: Patience): Promise<string | null> {
    return (await this.#until('to be there', ({ count }) => count > 0, patience, false, name)).attribute;
  }

  async isEnabled(patience?: Patience): Promise<boolean> {
    return (await this.#until('to be there', ({ count }) => count > 0, patience)).enabled;
  }

  evaluateAll<R>(play: (elements: Element[]) => R): Promise<R> {
    return this.#page.run(`(${play})(${this.#found})`);
  }

  async #toggle(on: boolean): Promise<void> {
    const end = performance.now() + ACTION_MS;
    while ((await this.#look()).checked !== on) {
      if (performance.now() > end) throw new Error(`Timeout: ${this.#name} did not change by a click`);
      await this.click();
    }
  }

  #then(step: Step): FirefoxLocator {
    return new FirefoxLocator(this.#page, [...this.#steps, step]);
  }

  get #found(): string {
    return `(${find})(${JSON.stringify(this.#steps)})`;
  }

  get #name(): string {
    return this.#steps.map((step) => ('nth' in step ? `[${step.nth}]` : step.below)).join(' ');
  }

  #run<A extends readonly unknown[], R>(play: (elements: Element[], ...more: A) => R, ...more: A): Promise<R> {
    return this.#page.run(`(${play})(${[this.#found, ...more.map((part) => JSON.stringify(part))].join(', ')})`);
  }

  #look(attribute = 'id', scroll = false): Promise<Seen> {
    return this.#run(look, attribute, scroll);
  }

  async #until(
    what: string,
    ready: (seen: Seen) => boolean,
    { timeout = ACTION_MS }: Patience = {},
    scroll = false,
    attribute = 'id',
  ): Promise<Seen> {
    const end = performance.now() + timeout;
    for (;;) {
      const seen = await this.#look(attribute, scroll);
      if (ready(seen)) return seen;
      if (performance.now() > end)
        throw new Error(`Timeout ${timeout} ms: ${this.#name} was expected ${what}: ${JSON.stringify(seen)}`);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
