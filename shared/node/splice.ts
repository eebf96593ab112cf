/**
 * Which ports of ours are WireGuard's, and which one each peer's packets leave from, as netd has it. Many
 * clients change at once when the port is rotated: while one request is under way the changes are
 * gathered, and the next one carries them all. What netd has already it is not asked again: as long as all
 * clients are on the newest port, none of them needs a way of its own.
 *
 * A peer that moves is sent to at its old place until its first packet comes from the new one: so the ways
 * before stay, as long as their port does. Behind a symmetric router nothing else would reach it.
 */
import type { TunnelDevice } from '../effects.ts';
import { MAX_SPLICE_ROUTES, type SpliceRoute } from '../wire/netd.ts';

export interface Splice {
  ports(accept: readonly number[], send: number): Promise<void>;
  /**
   * By the peer's WireGuard key; null forgets it. Resolves once netd has it. With `byDefault` packets to
   * where WireGuard followed its peer by itself leave from there too.
   */
  route(publicKey: string, route: SpliceRoute | null, byDefault?: boolean): Promise<void>;
  close(): void;
}

/** Ways before the present one, of one peer: no more changes are under way at once. */
const MAX_BEFORE = 4;

export function createSplice(device: TunnelDevice, tunnel: string): Splice {
  /** By the peer's key, the present way last. */
  const ways = new Map<string, readonly SpliceRoute[]>();
  let accept: readonly number[] = [];
  let send = 0;
  let underWay: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  let closed = false;
  /** What netd has; null: it may have refused something, so nothing is known. */
  let had: string | null = null;

  async function ask(): Promise<void> {
    if (closed || accept.length === 0) return;
    const wanted = { accept: [...accept], send, routes: routesOf(ways, accept, send) };
    const text = JSON.stringify(wanted);
    if (text === had) return;
    had = null;
    await device.ask({ verb: 'splice', tunnel, ...wanted });
    had = text;
  }

  /** Resolves when netd has everything that was said before this call. */
  function apply(): Promise<void> {
    if (next) return next;
    const before = underWay ?? Promise.resolve();
    const mine = before
      .catch(() => {})
      .then(() => {
        next = null;
        underWay = mine;
        return ask();
      });
    next = mine;
    return mine;
  }

  return {
    ports(numbers, by) {
      accept = numbers;
      send = by;
      return apply();
    },
    async route(publicKey, route, byDefault = false) {
      const before = ways.get(publicKey) ?? [];
      ways.delete(publicKey);
      if (route && byDefault) send = route.from;
      // The same place said again is no other way: it must not push out one that is still in use.
      if (route) ways.set(publicKey, [...before.filter((way) => !isTo(way, route)).slice(-MAX_BEFORE), route]);
      else if (before.length === 0) return;
      await apply();
    },
    close() {
      closed = true;
    },
  };
}

/**
 * Of two ways to one address the later one counts, and a present one before all of the past. Those from the
 * port that is everybody's by default are left out: a thousand clients would be a thousand routes in each request.
 */
function routesOf(
  ways: ReadonlyMap<string, readonly SpliceRoute[]>,
  accept: readonly number[],
  send: number,
): SpliceRoute[] {
  const past = [...ways.values()].flatMap((own) => own.slice(0, -1));
  const present = [...ways.values()].flatMap((own) => own.slice(-1));
  const byRemote = new Map<string, SpliceRoute>();
  for (const route of [...past, ...present]) {
    if (!accept.includes(route.from)) continue;
    const key = JSON.stringify(route.remote);
    byRemote.delete(key);
    byRemote.set(key, route);
  }
  return [...byRemote.values()].filter(({ from }) => from !== send).slice(-MAX_SPLICE_ROUTES);
}

function isTo({ remote }: SpliceRoute, other: SpliceRoute): boolean {
  return remote.address === other.remote.address && remote.port === other.remote.port;
}
