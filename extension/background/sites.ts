/**
 * Pages and their parts: which route a page has, which ways its parts really went, and (Chromium)
 * which hosts belong to a routed site because its pages load from them.
 */
import type { SiteView } from '../messages.ts';
import { joinRule, ruleToJoin } from '../routing/bundle.ts';
import { type ExitPlan, planExits } from '../routing/exits.ts';
import type { RouteRequest } from '../routing/match.ts';
import { createMatcher, type Matcher } from '../routing/matcher.ts';
import { decidePassed, type Pass, type PassedDecision } from '../routing/passes.ts';
import type { Action, RouteTable } from '../routing/rules.ts';
import { type Finished, Usage, type Way, wayOf } from '../routing/usage.ts';
import type { Timers } from './native-link.ts';
import type { SettingsKeeper } from './settings.ts';

/** Hosts that one page load brings are learned together: one change of the browser's settings, not fifty. */
const LEARN_AFTER_MS = 400;

export interface SitesOptions {
  readonly settings: SettingsKeeper;
  readonly timers: Timers;
  readonly isFirefox: boolean;
  /** Ports of the local proxies that carry traffic now, by exit. */
  readonly ports: () => ReadonlyMap<number, string>;
  readonly passes: () => readonly Pass[];
  readonly onLearned: () => void;
}

/** The kind of window that a tab is in: rules may count in some only. */
export type Where = Pick<RouteRequest, 'private' | 'container'>;

export class Sites {
  private readonly usage = new Usage();
  private readonly options: SitesOptions;
  /** Tabs whose window is known. Nothing is learned from private ones, since rules are written to disk. */
  private readonly where = new Map<number, Where>();
  private readonly found = new Map<string, Set<string>>();
  private made: { table: RouteTable; matcher: Matcher; plan: ExitPlan } | null = null;

  constructor(options: SitesOptions) {
    this.options = options;
  }

  /** The compiled rules of the table that holds now. */
  get routes(): { readonly matcher: Matcher; readonly plan: ExitPlan } {
    const { table } = this.options.settings.current;
    if (this.made?.table !== table) this.made = { table, matcher: createMatcher(table), plan: planExits(table) };
    return this.made;
  }

  /** The way of a host in that tab. */
  wayIn(tab: number, host: string): Way {
    return this.way(this.decide(tab, host).action);
  }

  /** The rules' answer in that tab, or a pass's. */
  decide(tab: number | null, host: string): PassedDecision {
    const { passes, isFirefox, timers } = this.options;
    // Chromium's script knows no tabs: there a pass counts in all of them but the private ones.
    const request = this.request(tab, host);
    const counting = passes().filter((pass) => (isFirefox ? pass.tab === tab : request.private !== true));
    return decidePassed(this.routes.matcher, counting, request, timers.now());
  }

  /** A tab asks for a new page. */
  begin(tab: number, url: string): void {
    this.usage.begin(tab, hostOf(url));
  }

  openedIn(tab: number, where: Where): void {
    this.where.set(tab, where);
  }

  /** A page asks for one of its parts. */
  part(tab: number, url: string): void {
    const { current } = this.options.settings;
    const page = this.usage.page(tab);
    if (this.options.isFirefox || !current.protection || current.table.followSites === false) return;
    if (page === null || this.where.get(tab)?.private !== false) return;
    const host = hostOf(url);
    const ruleId = ruleToJoin(this.routes.matcher, page, host, false);
    if (ruleId === null) return;
    if (this.found.size === 0) this.options.timers.after(LEARN_AFTER_MS, () => void this.learn());
    const hosts = this.found.get(ruleId) ?? new Set();
    this.found.set(ruleId, hosts.add(host));
  }

  /** A request of a tab was answered. */
  finished(tab: number, url: string, done: Finished): void {
    const host = hostOf(url);
    const way = wayOf(done, this.options.ports(), this.wayIn(tab, host), this.options.isFirefox);
    if (way !== null) this.usage.add(tab, host, way);
  }

  end(tab: number): void {
    this.usage.end(tab);
    this.where.delete(tab);
  }

  describe(host: string, tab: number | null): SiteView {
    const decision = this.decide(tab, host);
    const own = this.way(decision.action);
    const uses = tab === null ? [] : this.usage.of(tab);
    return {
      decision,
      uses: uses.map((use) => ({
        ...use,
        stray: decision.why === 'rule' && use.way !== own && this.decide(tab, use.host).why === 'otherwise',
      })),
    };
  }

  private request(tab: number | null, host: string): RouteRequest {
    return { host, ...(tab === null ? {} : this.where.get(tab)) };
  }

  private way(action: Action): Way {
    if (action.kind === 'direct') return 'direct';
    return this.routes.plan.exitOf(action) ?? 'blocked';
  }

  private async learn(): Promise<void> {
    const { settings } = this.options;
    let { table } = settings.current;
    for (const [ruleId, hosts] of this.found) table = joinRule(table, ruleId, [...hosts]);
    this.found.clear();
    await settings.learn(table);
    this.options.onLearned();
  }
}

function hostOf(url: string): string {
  return new URL(url).hostname;
}
