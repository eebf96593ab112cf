/** Which way the parts of one page really went. Pure bookkeeping, bounded; `background/usage-watch.ts` feeds it. */
import { normaliseHost } from './hosts.ts';

/** An exit's id, or what else a request can do. */
export type Way = string | 'direct' | 'blocked';

export interface HostUse {
  readonly host: string;
  readonly way: Way;
  readonly count: number;
}

const MAX_HOSTS = 200;
const MAX_TABS = 100;

export class Usage {
  readonly #tabs = new Map<number, { page: string; uses: Map<string, HostUse> }>();

  /** A tab goes to a new page: what the last one used is forgotten. */
  begin(tab: number, page: string): void {
    this.#tabs.delete(tab);
    const [oldest] = this.#tabs.keys();
    if (this.#tabs.size >= MAX_TABS && oldest !== undefined) this.#tabs.delete(oldest);
    this.#tabs.set(tab, { page: normaliseHost(page), uses: new Map() });
  }

  add(tab: number, host: string, way: Way): void {
    const uses = this.#tabs.get(tab)?.uses;
    const name = normaliseHost(host);
    const key = `${way} ${name}`;
    const known = uses?.get(key);
    if (!uses || (!known && uses.size >= MAX_HOSTS)) return;
    uses.set(key, { host: name, way, count: (known?.count ?? 0) + 1 });
  }

  page(tab: number): string | null {
    return this.#tabs.get(tab)?.page ?? null;
  }

  of(tab: number): HostUse[] {
    return [...(this.#tabs.get(tab)?.uses.values() ?? [])];
  }

  end(tab: number): void {
    this.#tabs.delete(tab);
  }
}

/** What webRequest says of a finished request. */
export interface Finished {
  /** Firefox: the proxy that carried it; null or absent where there was none. */
  readonly proxyInfo?: { readonly host: string; readonly port: number } | null;
  /** Chromium: where the connection went, which is the proxy's address for a proxied one. */
  readonly ip?: string;
  readonly fromCache?: boolean;
}

/**
 * The way that a request took. The port of the local proxy names the exit where the browser tells it;
 * else a connection to this machine is the exit that the rules chose. Null: it never left (cache), or cannot be told.
 */
export function wayOf(done: Finished, ports: ReadonlyMap<number, string>, chosen: Way, isFirefox: boolean): Way | null {
  if (done.fromCache) return null;
  if (isFirefox) {
    if (!done.proxyInfo) return 'direct';
    return ports.get(done.proxyInfo.port) ?? 'blocked';
  }
  if (done.ip === undefined) return null;
  const here = done.ip === '127.0.0.1' || done.ip === '[::1]' || done.ip === '::1';
  return here && chosen !== 'direct' ? chosen : 'direct';
}
