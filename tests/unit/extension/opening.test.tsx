// @vitest-environment happy-dom
/** How the popup opens: with what was last seen as it was drawn then, and what it keeps for the next one. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PICTURE_KEY, type ToBackground, type ToWindow, type View } from '../../../extension/messages.ts';
import { DRAWING_KEY, type Drawing, drawnOf } from '../../../extension/ui/popup/drawing.ts';
import { exitInput, nodeRef } from './tables.ts';
import { READY } from './views.ts';

const DIRECT = { why: 'default', action: { kind: 'direct' } };
let session: Record<string, unknown> = {};
let say: ((message: ToWindow) => void) | null = null;
let paint = (): void => {};

const api = {
  i18n: { getUILanguage: () => 'en' },
  storage: {
    session: {
      get: async (keys: string[]) =>
        Object.fromEntries(keys.filter((key) => key in session).map((key) => [key, session[key]])),
      set: async (more: object) => void Object.assign(session, more),
    },
  },
  runtime: {
    id: 'abc',
    getURL: (path: string) => path,
    connect: () => ({
      onMessage: {
        addListener(listener: (message: ToWindow) => void) {
          say = listener;
        },
      },
      onDisconnect: { addListener() {} },
      postMessage({ id, command }: ToBackground) {
        if (command.name === 'site') say?.({ type: 'answer', id, result: { decision: DIRECT, uses: [] } });
      },
    }),
  },
  tabs: {
    query: async () => [{ id: 1, url: 'https://one.example/' }],
    onActivated: { addListener() {}, removeListener() {} },
  },
};

vi.mock('../../../extension/browser.ts', async () => {
  const words = await import('../../../extension/public/_locales/en/messages.json');
  const en = words.default as Record<string, { message: string }>;
  return { FIREFOX: false, message: (key: string) => en[key]?.message ?? '', browser: api };
});
vi.mock('../../../shared/ui/Chart.tsx', () => ({ Chart: () => null }));

class FakePaintTiming {
  constructor(seen: PerformanceObserverCallback) {
    const list = { getEntriesByName: (name: string) => [{ name }] } as unknown as PerformanceObserverEntryList;
    paint = () => seen(list, this as unknown as PerformanceObserver);
  }
  observe(): void {}
}

const OFF: View = { ...READY, protection: { ...READY.protection, state: 'off' } };
const ON: View = { ...READY, protection: { ...READY.protection, state: 'connecting' } };
const { proxy: _, ...closing } = exitInput('any', { phase: 'closing', proxy: null });
const ENDING: View = {
  ...OFF,
  exits: [{ ...closing, state: 'connecting', isDefault: true, country: null, pinned: false }],
};
const ELSEWHERE: View = { ...OFF, routes: { ...OFF.routes, defaultExit: nodeRef(2, 'JP') } };
/** Chromium keeps an object's keys in the order of the alphabet. */
const stored = (view: View): View => {
  const defaultExit = Object.fromEntries(Object.entries(view.routes.defaultExit).sort());
  return { ...view, routes: { ...view.routes, defaultExit: defaultExit as View['routes']['defaultExit'] } };
};
const DRAWING: Drawing = {
  of: drawnOf(OFF),
  html: '<header></header><main><h2>As it was</h2></main>',
  lang: 'fa',
  dir: 'rtl',
};

const place = () => document.getElementById('app') as HTMLElement;
const word = () => document.querySelector('[data-testid="state-text"]')?.textContent;
const openPopup = () => import('../../../extension/ui/early.ts');

beforeEach(() => {
  vi.resetModules();
  vi.stubGlobal('browser', api);
  vi.stubGlobal('PerformanceObserver', FakePaintTiming);
  session = {};
  say = null;
  paint = () => {};
  document.body.className = 'popup';
  document.body.innerHTML = '<div id="app"></div>';
});
afterEach(() => vi.unstubAllGlobals());

test('is as it was last drawn, to look at only, until its code has taken that over', async () => {
  session = { [PICTURE_KEY]: stored(OFF), [DRAWING_KEY]: DRAWING };
  await openPopup();
  await vi.waitFor(() => expect(place().textContent).toBe('As it was'));
  const drawn = place().querySelector('main');
  expect(place().inert).toBe(true);
  expect([document.documentElement.lang, document.documentElement.dir]).toEqual(['fa', 'rtl']);
  paint();
  await vi.waitFor(() => expect(word()).toBe('Not protected'));
  expect(place().inert).toBe(false);
  expect(place().querySelector('main')).toBe(drawn);
  expect(place().textContent).not.toContain('As it was');
  expect([document.documentElement.lang, document.documentElement.dir]).toEqual(['en', 'ltr']);
});

test('shows no drawing that the background keeps no view beside: something may be protected', async () => {
  session = { [DRAWING_KEY]: DRAWING };
  await openPopup();
  await vi.waitFor(() => expect(say).not.toBeNull());
  expect(place().textContent).toBe('');
  say?.({ type: 'view', view: ON });
  await vi.waitFor(() => expect(word()).toBe('Connecting'));
});

test('shows no drawing of another exit than the one that was chosen since', async () => {
  session = { [PICTURE_KEY]: stored(OFF), [DRAWING_KEY]: { ...DRAWING, of: drawnOf(ELSEWHERE) } };
  const seen: (string | null)[] = [];
  const watch = new MutationObserver(() => seen.push(place().textContent));
  watch.observe(place(), { childList: true });
  await openPopup();
  await vi.waitFor(() => expect(word()).toBe('Not protected'));
  watch.disconnect();
  expect(seen).not.toContain('As it was');
  expect(place().textContent).toContain('Germany');
});

test('keeps how it looks while nothing is protected, and neither what the background has not said nor the site in view', async () => {
  session = { [PICTURE_KEY]: OFF };
  await openPopup();
  await vi.waitFor(() => expect(word()).toBe('Not protected'));
  expect(DRAWING_KEY in session).toBe(false);
  paint();
  await vi.waitFor(() => expect(say).not.toBeNull());
  say?.({ type: 'view', view: OFF });
  await vi.waitFor(() => expect(place().querySelector('.site')?.textContent).toContain('one.example'));
  await vi.waitFor(() => expect(DRAWING_KEY in session).toBe(true));
  const { html, lang } = session[DRAWING_KEY] as Drawing;
  expect(html).toContain('Not protected');
  expect(html).not.toContain('class="site"');
  expect(lang).toBe('en');
});

test.each([
  ['something is protected', ON, 'Connecting'],
  ['an exit still ends', ENDING, 'Not protected'],
])('keeps nothing of what it shows while %s', async (_, view, words) => {
  await openPopup();
  await vi.waitFor(() => expect(say).not.toBeNull());
  vi.useFakeTimers();
  try {
    say?.({ type: 'view', view });
    await vi.waitFor(() => expect(word()).toBe(words));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(DRAWING_KEY in session).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});
