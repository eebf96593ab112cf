/** What a window does before its first picture, and what it leaves for after. */
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import type { ToWindow, View } from '../../../extension/messages.ts';
import { READY } from './views.ts';

let say: ((message: ToWindow) => void) | null = null;
let end = (): void => {};
let paint: ((what: string) => void) | null = null;

/** The browser says of itself when the first picture is on screen. */
class FakePaintTiming {
  private readonly seen: PerformanceObserverCallback;

  constructor(seen: PerformanceObserverCallback) {
    this.seen = seen;
  }
  observe(): void {
    paint = (what) => {
      const list = { getEntriesByName: (name: string) => (name === what ? [{ name }] : []) };
      this.seen(list as unknown as PerformanceObserverEntryList, this as unknown as PerformanceObserver);
    };
  }
}

const browser = {
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
const openLine = async () => (await import('../../../extension/ui/line.ts')).openLine();

test('what was last seen is drawn before the background is woken, and is not taken for what is', async () => {
  const { open, view, live } = await link();
  await open(READY);
  expect(view.value).toEqual(READY);
  expect(live.value).toBe(false);
  // The ground of the window alone is no picture.
  paint?.('first-paint');
  await Promise.resolve();
  expect(say).toBeNull();
  paint?.('first-contentful-paint');
  await vi.waitFor(() => expect(say).not.toBeNull());
  const now: View = { ...READY, bookRevision: 7 };
  say?.({ type: 'view', view: now });
  expect([view.value, live.value]).toEqual([now, true]);
});

test("the background's answer is the first that is drawn where nothing was seen before", async () => {
  const { open, view } = await link();
  let drawn = false;
  const opened = open(await openLine()).then(() => (drawn = true));
  await Promise.resolve();
  expect(drawn).toBe(false);
  say?.({ type: 'view', view: READY });
  await opened;
  expect(view.value).toEqual(READY);
});

test('a background that says nothing is seen to be waited for', async () => {
  const { open, view } = await link();
  await open(await openLine());
  expect(view.value).toBeNull();
});

test('what the background says before the window listens is heard, and that it went away as well', async () => {
  const line = await openLine();
  say?.({ type: 'view', view: READY });
  end();
  const earlier = say;
  const { open, view } = await link();
  await open(line);
  expect(view.value).toEqual(READY);
  await vi.waitFor(() => expect(say).not.toBe(earlier));
});
