/**
 * Tabs: the badge that names the exit of the page in view, our page in the place of one that is blocked, and the
 * reload of what failed only because its exit was not up yet and could not be explained.
 */
import { blockedAddress, blockedTarget } from '../blocked-address.ts';
import { browser, FIREFOX, message } from '../browser.ts';
import type { View } from '../messages.ts';
import type { Finished, Way } from '../routing/usage.ts';
import type { Core } from './core.ts';
import { Replacements } from './replacements.ts';
import type { Where } from './sites.ts';

const PROXY_ERRORS = /ERR_(PROXY_|TUNNEL_|EMPTY_RESPONSE|MANDATORY_PROXY)|PROXY_CONNECTION_REFUSED/;
/** A port of the last run that somebody still listens on: only a proxy says that, and no site. */
const PROXY_AUTHENTICATION_REQUIRED = 407;
/** Nothing listens there: the exit is down, or the rules say so. */
const DEAD = /ERR_PROXY_CONNECTION_FAILED|ERR_MANDATORY_PROXY|PROXY_CONNECTION_REFUSED/;
const MAX_FAILED = 50;
const COLORS = { off: '#6b6b62', connecting: '#8a5a00', protected: '#1f6b4a', blocked: '#a3341f' } as const;
const WORDS = {
  off: 'stateOff',
  connecting: 'stateConnecting',
  protected: 'stateProtected',
  blocked: 'stateBlocked',
} as const;

export class Tabs {
  /** tab → address that failed to load through its exit. */
  private readonly failed = new Map<number, string>();
  /** tab → the tunnel for which it was reloaded: once each, or a page that fails for another reason would flicker for ever. */
  private readonly healed = new Map<number, string>();
  private readonly replacements = new Replacements();
  private badge = '';
  private readonly page = browser.runtime.getURL('ui/page/index.html');
  private readonly core: Core;

  constructor(core: Core) {
    this.core = core;
  }

  /** Must be called at top level. */
  listen(): void {
    const all = { urls: ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*'] };
    const pages = { urls: ['http://*/*', 'https://*/*'], types: ['main_frame' as const] };
    browser.webRequest.onBeforeRequest.addListener(({ tabId, url, type }) => {
      if (tabId < 0) return;
      if (type === 'main_frame') void this.begin(tabId, url);
      else this.core.sites.part(tabId, url);
    }, all);
    browser.webRequest.onResponseStarted.addListener((details) => {
      if (details.tabId >= 0) this.core.sites.finished(details.tabId, details.url, details as Finished);
    }, all);
    browser.webRequest.onErrorOccurred.addListener((failure) => {
      const { tabId, url, error } = failure;
      if (tabId < 0 || !PROXY_ERRORS.test(error)) return;
      this.noteFailed(tabId, url);
      void this.explain(failure);
    }, pages);
    browser.webRequest.onCompleted.addListener(({ tabId, url, statusCode }) => {
      if (statusCode !== PROXY_AUTHENTICATION_REQUIRED) this.forget(tabId);
      else if (tabId >= 0) this.noteFailed(tabId, url);
    }, pages);
    browser.tabs.onRemoved.addListener((tabId) => {
      this.forget(tabId);
      this.replacements.forget(tabId);
      this.core.sites.end(tabId);
      void this.core.ready.then(() => this.core.tabClosed(tabId));
    });
    void this.core.ready.then(() => this.endOrphans());
    browser.tabs.onActivated.addListener(() => void this.draw());
    browser.tabs.onUpdated.addListener((tabId, change, { url, pendingUrl }) => {
      const complete = change.status === 'complete';
      if (complete && url && pendingUrl === undefined) void this.replacements.loaded(tabId, withoutFragment(url));
      if (change.url !== undefined || complete) void this.draw();
    });
  }

  async follow(): Promise<void> {
    await this.reloadHealed();
    await this.draw();
  }

  /** The browser has just started: what it began to load of routed sites before we ran has failed without our seeing it. */
  async browserStarted(): Promise<void> {
    await this.core.ready;
    for (const { id, url, pendingUrl, discarded } of await browser.tabs.query({})) {
      const asked = pendingUrl || url || '';
      if (id === undefined || discarded || !/^https?:/.test(asked)) continue;
      const way = this.core.sites.wayIn(id, new URL(asked).hostname);
      if (way !== 'direct' && way !== 'blocked') this.noteFailed(id, asked);
    }
    await this.reloadHealed();
  }

  private noteFailed(tabId: number, url: string): void {
    this.failed.set(tabId, url);
    const [oldest] = this.failed.keys();
    if (this.failed.size > MAX_FAILED && oldest !== undefined) this.failed.delete(oldest);
  }

  private forget(tabId: number): void {
    this.failed.delete(tabId);
    this.healed.delete(tabId);
  }

  /**
   * Our page takes the place of the browser's error, where the page did not load because its exit is down or a rule
   * blocks it. A form that was sent stays with the browser, which can send it again.
   */
  private async explain({ tabId, url, error, method }: Failure): Promise<void> {
    await this.core.ready;
    if (method !== 'GET' || !this.core.settings.current.protection) return;
    const way = this.core.sites.wayIn(tabId, new URL(url).hostname);
    const up = this.isUp(way);
    if (way === 'direct' || (up && !DEAD.test(error))) return;
    const tab = await browser.tabs.get(tabId).catch(() => null);
    // Chromium shows no page of ours in a private window.
    if (!tab || (tab.incognito && !FIREFOX)) return;
    const shown = tab.pendingUrl ?? tab.url ?? url;
    // The user has gone on already.
    if (tab.pendingUrl !== undefined && withoutFragment(shown) !== url) return;
    const target = withoutFragment(shown) === url ? shown : url;
    if (!(await this.core.blocked.note({ tab: tabId, url: target, up }))) return;
    // Its exit came up meanwhile, and it was reloaded.
    if (!this.failed.delete(tabId)) return this.core.blocked.forget(tabId);
    const ours = { url: blockedAddress(this.page, target), ...(FIREFOX ? { loadReplace: true } : {}) };
    await this.replacements.tell(tabId, withoutFragment(url), () => browser.tabs.update(tabId, ours));
  }

  private isUp(way: Way): boolean {
    return this.core.desired.exits.some(({ exitId, phase, proxy }) => exitId === way && phase === 'up' && proxy);
  }

  /** Passes whose tab was closed while nobody looked. */
  private async endOrphans(): Promise<void> {
    for (const { tab } of this.core.passes.current)
      if (!(await browser.tabs.get(tab).catch(() => null))) await this.core.tabClosed(tab);
  }

  private async begin(tabId: number, url: string): Promise<void> {
    void this.core.ready.then(() => this.core.blocked.forget(tabId));
    this.replacements.forget(tabId);
    this.core.sites.begin(tabId, url);
    const tab = await browser.tabs.get(tabId).catch(() => null);
    if (tab) this.core.sites.openedIn(tabId, whereOf(tab));
  }

  private async reloadHealed(): Promise<void> {
    const { wanted, exits } = this.core.desired;
    if (this.failed.size === 0) return;
    for (const [tabId, url] of this.failed) {
      const exitId = this.core.sites.wayIn(tabId, new URL(url).hostname);
      const proxy = exits.find((exit) => exit.exitId === exitId && exit.phase === 'up')?.proxy;
      const tunnel = proxy ? `${proxy.port}:${proxy.username}` : undefined;
      if (wanted && (tunnel === undefined || this.healed.get(tabId) === tunnel)) continue;
      this.failed.delete(tabId);
      if (!wanted || tunnel === undefined) continue;
      this.healed.set(tabId, tunnel);
      await this.replacements.tell(tabId, withoutFragment(url), () => browser.tabs.reload(tabId));
    }
  }

  /** Null where the tab shows no web page. */
  private wayOfPage(tab: Tab): Way | null {
    const url = tab.url && (blockedTarget(this.page, tab.url) ?? tab.url);
    if (tab.id === undefined || !url || !/^https?:/.test(url)) return null;
    this.core.sites.openedIn(tab.id, whereOf(tab));
    return this.core.sites.wayIn(tab.id, new URL(url).hostname);
  }

  private async draw(): Promise<void> {
    await this.core.ready;
    const view = this.core.view();
    const [tab] = await browser.tabs.query({ active: true, lastFocusedWindow: true }).catch(() => []);
    const way = tab ? this.wayOfPage(tab) : null;
    const { text, title, color } = badgeFor(view, way);
    const drawn = `${text}|${title}|${color}`;
    if (drawn === this.badge) return;
    this.badge = drawn;
    await browser.action.setBadgeText({ text });
    await browser.action.setBadgeBackgroundColor({ color });
    await browser.action.setTitle({ title });
  }
}

type Tab = Awaited<ReturnType<typeof browser.tabs.get>>;

function whereOf({ incognito, cookieStoreId }: Tab): Where {
  return { private: incognito, ...(cookieStoreId === undefined ? {} : { container: cookieStoreId }) };
}

type Failure = Parameters<Parameters<typeof browser.webRequest.onErrorOccurred.addListener>[0]>[0];

function withoutFragment(url: string): string {
  return url.split('#', 1)[0] as string;
}

/**
 * Two letters of the exit's country for the page in view, "!" where it is blocked, nothing where it goes direct.
 * @param way of the page; null where the tab holds no web page.
 */
export function badgeFor(view: View, way: Way | null): { text: string; title: string; color: string } {
  const { state, why } = view.protection;
  const color = COLORS[state];
  const title = `Warren: ${message(WORDS[state])}`;
  if (view.approvals.length > 0) return { text: String(view.approvals.length), title, color: COLORS.connecting };
  if (state === 'off')
    return { text: why === 'asked' ? '' : '!', title, color: why === 'asked' ? color : COLORS.blocked };
  if (way === null) return { text: badgeOfState(view, null), title, color };
  if (way === 'direct') return { text: '', title, color };
  if (way === 'blocked') return { text: '!', title, color: COLORS.blocked };
  const exit = view.exits.find((candidate) => candidate.exitId === way);
  return { text: badgeOfState(view, way), title, color: COLORS[exit?.state ?? state] };
}

function badgeOfState(view: View, exitId: string | null): string {
  const exit = view.exits.find((candidate) => (exitId === null ? candidate.isDefault : candidate.exitId === exitId));
  if (exit?.state === 'protected') return exit.country ?? '';
  return exit?.state === 'blocked' || view.protection.state === 'blocked' ? '!' : '…';
}
