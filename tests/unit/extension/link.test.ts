/** What a window does before its first picture, and what it leaves for after. */
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { PICTURE_KEY, type ToWindow, type View } from '../../../extension/messages.ts';
import { storage } from './fake-browser.ts';
import { READY } from './views.ts';

let kept: Record<string, unknown> = {};
let say: ((message: ToWindow) => void) | null = null;
let end = (): void => {};
let paint: (() => void) | null = null;

/** The browser says of itself when the first picture is on screen. */
class FakePaintTiming {
  private readonly seen: () => void;

  constructor(seen: () => void) {
    this.seen = seen;
  }
  observe(): void {
    paint = this.seen;
  }
}

/** As the earliest script finds it: it waits for no polyfill. */
const browser = {
  i18n: { getMessage: () => 'en' },
  storage: { session: { get: (key: string) => storage(kept).get(key) } },
  runtime: {
    connect: () => ({
      onMessage: {
        addListener(listener: (message: ToWindow) => void) {
          say = listener;
        },
      },
      onDisconnect: {
        addListener(listener: () => void) {
          end = listener;
        },
      },
      postMessage() {},
    }),
  },
};

beforeEach(() => {
  vi.resetModules();
  vi.stubGlobal('browser', browser);
  vi.stubGlobal('PerformanceObserver', FakePaintTiming);
  say = null;
  paint = null;
});

// Files of this project share their globals.
afterAll(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

const link = () => import('../../../extension/ui/link.ts');

test('what was last seen is drawn before the background is woken, and is not taken for what is', async () => {
  kept = { [PICTURE_KEY]: READY };
  const { open, view, live } = await link();
  await open();
  expect(view.value).toEqual(READY);
  expect(live.value).toBe(false);
  expect(say).toBeNull();
  paint?.();
  await vi.waitFor(() => expect(say).not.toBeNull());
  const now: View = { ...READY, bookRevision: 7 };
  say?.({ type: 'view', view: now });
  expect([view.value, live.value]).toEqual([now, true]);
});

test('where nothing is kept the background is asked at once, and its answer is the first that is drawn', async () => {
  kept = {};
  const { open, view } = await link();
  let drawn = false;
  const opened = open().then(() => (drawn = true));
  await vi.waitFor(() => expect(say).not.toBeNull());
  expect(drawn).toBe(false);
  say?.({ type: 'view', view: READY });
  await opened;
  expect(view.value).toEqual(READY);
});

test('a background that says nothing is seen to be waited for', async () => {
  kept = {};
  const { open, view } = await link();
  await open();
  expect(view.value).toBeNull();
});

test('what the background says before the window listens is heard, and that it went away as well', async () => {
  kept = {};
  await import('../../../extension/ui/early.ts');
  await vi.waitFor(() => expect(say).not.toBeNull());
  say?.({ type: 'view', view: READY });
  end();
  const earlier = say;
  const { open, view } = await link();
  await open();
  expect(view.value).toEqual(READY);
  await vi.waitFor(() => expect(say).not.toBe(earlier));
});
