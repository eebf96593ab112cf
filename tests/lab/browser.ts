/**
 * A browser of the lab as the tests see it, whichever it is. `Page` and `Locator` are the part of
 * Playwright's classes of that name that the tests use: Chromium is driven by Playwright itself,
 * Firefox by `firefox/`, which speaks the same words over WebDriver BiDi.
 */
import type { Home } from './home.ts';
import type { User } from './process.ts';

/** How long an action waits for its element, where the caller says nothing. */
export const ACTION_MS = 10_000;

export interface Patience {
  /** Milliseconds; over it the call throws. */
  readonly timeout?: number;
}

/** Names of UI Events (`KeyboardEvent.key`). */
export type Key = 'Enter' | 'Escape' | 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown';

export interface Locator {
  /** Elements below the ones found here. */
  locator(selector: string): Locator;
  first(): Locator;
  /** As many locators as there are elements now. */
  all(): Promise<Locator[]>;
  count(): Promise<number>;
  waitFor(patience?: Patience): Promise<void>;
  /** A real click, as soon as the element stands still, is enabled and nothing lies over it. */
  click(patience?: Patience): Promise<void>;
  fill(text: string): Promise<void>;
  /** Gives the element the focus and presses one key there: `Enter`, `Escape`, `ArrowLeft`, … */
  press(key: Key): Promise<void>;
  check(): Promise<void>;
  uncheck(): Promise<void>;
  selectOption(value: string): Promise<unknown>;
  textContent(patience?: Patience): Promise<string | null>;
  getAttribute(name: string, patience?: Patience): Promise<string | null>;
  isEnabled(patience?: Patience): Promise<boolean>;
  /** Runs a function in the page over all elements found now. */
  evaluateAll<R>(look: (elements: Element[]) => R): Promise<R>;
}

export interface Page {
  /** Resolves when the page has loaded. @throws with the browser's own error name when it does not load. */
  goto(url: string, patience?: Patience): Promise<unknown>;
  locator(selector: string): Locator;
  /** Runs a self-contained function in the page; what it returns crosses as JSON. */
  evaluate<R>(play: () => R | Promise<R>): Promise<R>;
  /** Chromium paints a hidden tab once a second, and a click of the driver waits for two frames. */
  bringToFront(): Promise<void>;
  screenshot(options: { readonly path: string }): Promise<unknown>;
  close(): Promise<void>;
}

export interface BrowserOptions {
  readonly home: Home;
  readonly user: User;
  /** With a display: a window that a person can watch. */
  readonly visible?: boolean;
  /** Writes the native-messaging manifest into the folder where this browser looks for it. */
  readonly introduceHost: (folder: string) => Promise<void>;
}

export interface LabBrowser {
  readonly name: 'chromium' | 'firefox';
  readonly profile: string;
  /** The popup as a tab of its own, 360 px wide. */
  openPopup(): Promise<Page>;
  /** The full page, e.g. `#/wallet`. */
  openPage(hash: string): Promise<Page>;
  newTab(): Promise<Page>;
  close(): Promise<void>;
}
