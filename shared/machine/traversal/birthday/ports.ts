/** Which ports of a hard NAT to try: those that a counting one gives next, then any, none of them twice. */
import type { Random } from '../api.ts';

const LOWEST = 1024;
const HIGHEST = 65_535;
/** STUN saw mappings this close to each other: the NAT counts (RFC 4787 has no word for it). */
const COUNTS_WITHIN = 64;
/** The mappings of checks to other addresses, and those of the birthday sockets themselves. */
const AHEAD = 320;

/** @param seen ports under which STUN servers saw the peer's one socket. */
export function* portsToTry(seen: readonly number[], random: Random): Generator<number, never> {
  const tried = new Set<number>();
  const [low, high] = [Math.min(...seen), Math.max(...seen)];
  if (high - low <= COUNTS_WITHIN) {
    for (let port = high + 1; port <= Math.min(high + AHEAD, HIGHEST); port++) {
      tried.add(port);
      yield port;
    }
  }
  for (;;) {
    const [first = 0, second = 0] = random(2);
    const port = first * 256 + second;
    if (port < LOWEST || tried.has(port)) continue;
    tried.add(port);
    yield port;
  }
}
