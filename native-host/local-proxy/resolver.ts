/**
 * Names are resolved at the provider's resolver, through the tunnel and from the tunnel's address; the
 * system's resolver is never asked, so no name leaves the machine outside the tunnel. Answers are kept
 * for their time to live, at most a minute.
 */
import { NODATA, NOTFOUND, REFUSED, type RecordWithTtl } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { WarrenError } from '../../shared/base/errors.ts';
import type { LocalProxyOptions } from './api.ts';

const TRY_TIMEOUT_MS = 1_500;
const TRIES = 3;
const MAX_KEPT = 512;
const MAX_TTL_MS = 60_000;
/** Addresses of one name that are ever tried. */
const MAX_ADDRESSES = 4;

interface Kept {
  readonly addresses: Promise<readonly string[]>;
  until: number;
}

export class TunnelResolver {
  readonly #resolver: Resolver;
  readonly #with6: boolean;
  readonly #kept = new Map<string, Kept>();

  constructor({ localAddress4, localAddress6, resolver }: LocalProxyOptions) {
    this.#resolver = new Resolver({ timeout: TRY_TIMEOUT_MS, tries: TRIES });
    const { address, port } = resolver;
    this.#resolver.setServers([address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`]);
    this.#resolver.setLocalAddress(localAddress4, localAddress6 ?? '::0');
    this.#with6 = localAddress6 !== null;
  }

  /**
   * Addresses of a name, IPv4 first, IPv6 only where the tunnel carries it.
   * @throws WarrenError `name_unresolvable`
   */
  resolve(name: string): Promise<readonly string[]> {
    const now = Date.now();
    const kept = this.#kept.get(name);
    if (kept && kept.until > now) return kept.addresses;
    const entry: Kept = { addresses: this.#ask(name, (ttl) => this.#keep(entry, ttl)), until: now + MAX_TTL_MS };
    // Insertion order is age: the oldest goes first.
    this.#kept.delete(name);
    for (const [oldest] of this.#kept) if (this.#kept.size >= MAX_KEPT) this.#kept.delete(oldest);
    this.#kept.set(name, entry);
    entry.addresses.catch(() => this.#kept.get(name) === entry && this.#kept.delete(name));
    return entry.addresses;
  }

  /** Whether the resolver says anything at all, be it that there is no such name, or that it tells none. Never throws. */
  async answers(name: string): Promise<boolean> {
    try {
      await this.#resolver.resolve4(name);
      return true;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null;
      return code === NOTFOUND || code === NODATA || code === REFUSED;
    }
  }

  /** The tunnel is gone: questions under way fail, answers are forgotten. */
  cancel(): void {
    this.#resolver.cancel();
    this.#kept.clear();
  }

  #keep(entry: Kept, ttlSeconds: number): void {
    entry.until = Date.now() + Math.min(ttlSeconds * 1000, MAX_TTL_MS);
  }

  async #ask(name: string, keep: (ttlSeconds: number) => void): Promise<readonly string[]> {
    const records = await this.#records(name);
    if (records.length === 0) throw unresolvable(name);
    keep(Math.min(...records.map((record) => record.ttl)));
    return records.slice(0, MAX_ADDRESSES).map((record) => record.address);
  }

  /** AAAA is asked only for names that have no A: one question a name in nearly all cases. */
  async #records(name: string): Promise<readonly RecordWithTtl[]> {
    try {
      return await this.#resolver.resolve4(name, { ttl: true });
    } catch (cause) {
      if (!this.#with6) throw unresolvable(name, cause);
      return await this.#resolver.resolve6(name, { ttl: true }).catch((error: unknown) => {
        throw unresolvable(name, error);
      });
    }
  }
}

function unresolvable(name: string, cause?: unknown): WarrenError {
  return new WarrenError(
    'name_unresolvable',
    `The node's resolver found no address for ${name}.`,
    'Check the spelling; if other sites fail too, choose another node.',
    { cause },
  );
}
