/** One press of an extension's icon, and when what was to be seen. */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../e2e/wait.ts';
import { type DevTools, play } from './devtools.ts';

/** Attached to earlier, a window would be slower. */
const UNDISTURBED_MS = 400;
/** A browser that has just closed a window is at rest after this. */
const REST_MS = 250;
const LIMIT_MS = 15_000;

/** ms since the press. */
export interface Opening {
  /** The window's page begins to be: a process was found or made for it. */
  readonly page: number;
  /** Its text is here. */
  readonly html: number;
  /** All that it begins with is here, and has run. */
  readonly loaded: number;
  /** The browser shows the window: not before it has loaded. */
  readonly visible: number;
  /** What was waited for is on screen. */
  readonly shown: number;
  /** It can be pressed: later than it is shown where it hangs its last drawing up first. 0 where nothing says so. */
  readonly usable: number;
  /** Of the element that was waited for. */
  readonly state: string;
}

/**
 * @param id of the extension; @param popup address of its popup, which marks with `elementtiming="state"` what is waited for
 * @param tab target id of the tab in front
 */
export async function press(browser: DevTools, id: string, popup: string, tab: string): Promise<Opening> {
  await pause(REST_MS);
  const pressed = Date.now();
  await browser.send('Extensions.triggerAction', { id, targetId: tab });
  await pause(UNDISTURBED_MS);
  const target = await theWindow(browser, popup);
  const send = await browser.attach(target);
  // On a busy machine it may still be on its way.
  await until('its load', () => play(send, loaded, popup));
  const { origin, ...seen } = await play(send, look, LIMIT_MS);
  await browser.send('Target.closeTarget', { targetId: target });
  await gone(browser, target);
  const since = (at: number) => origin + at - pressed;
  return {
    page: since(0),
    html: since(seen.html),
    loaded: since(seen.loaded),
    visible: since(seen.visible),
    shown: since(seen.shown),
    usable: seen.usable && since(seen.usable),
    state: seen.state,
  };
}

function theWindow(browser: DevTools, url: string): Promise<string> {
  return until('the window', async () => (await targets(browser)).find((target) => target.url === url)?.targetId);
}

async function gone(browser: DevTools, target: string): Promise<void> {
  await until('the window closes', async () => !(await targets(browser)).some(({ targetId }) => targetId === target));
}

const targets = async (browser: DevTools) => (await browser.send('Target.getTargets')).targetInfos;

/** Runs in the window. */
function loaded(url: string): boolean {
  return location.href === url && document.readyState === 'complete';
}

/** Runs in the window: all times are since its `timeOrigin`. */
async function look(limitMs: number) {
  const entry = await new Promise<PerformanceEntry & { readonly renderTime: number; readonly element: Element | null }>(
    (resolve, reject) => {
      setTimeout(() => reject(new Error('nothing was shown')), limitMs);
      new PerformanceObserver((list) => {
        const [first] = list.getEntries();
        if (first) resolve(first as Awaited<typeof entry>);
      }).observe({ type: 'element', buffered: true });
    },
  );
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  const visible = performance.getEntriesByType('visibility-state').find(({ name }) => name === 'visible');
  return {
    // By the system's clock, as the press is: that of `timeOrigin` was read when the browser began.
    origin: Date.now() - performance.now(),
    html: navigation?.responseEnd ?? 0,
    loaded: navigation?.loadEventEnd ?? 0,
    visible: visible?.startTime ?? 0,
    shown: entry.renderTime,
    usable: performance.getEntriesByName('usable')[0]?.startTime ?? 0,
    state: entry.element?.getAttribute('data-state') ?? '',
  };
}
