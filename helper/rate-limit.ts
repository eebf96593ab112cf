/** Token buckets by name. Memory is bounded: when full, the bucket that was used longest ago goes. */

export interface RateLimit {
  /** True when one more is allowed at `now` (ms). */
  take(name: string, now: number): boolean;
}

export function createRateLimit(options: {
  readonly perSecond: number;
  readonly burst: number;
  readonly maxNames?: number;
}): RateLimit {
  const { perSecond, burst, maxNames = 65_536 } = options;
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(name, now) {
      const old = buckets.get(name);
      const tokens = old ? Math.min(burst, old.tokens + ((now - old.at) / 1000) * perSecond) : burst;
      // Deleting first keeps the map in order of use.
      buckets.delete(name);
      if (buckets.size >= maxNames) for (const oldest of buckets.keys()) if (buckets.delete(oldest)) break;
      const allowed = tokens >= 1;
      buckets.set(name, { tokens: allowed ? tokens - 1 : tokens, at: now });
      return allowed;
    },
  };
}

/** Who counts as one source: an IPv4 address, or an IPv6 /64, which one subscriber has at least. */
export function sourceOf(address: string): string {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head.split(':').filter((g) => g !== '');
  if (tail === undefined) return groups.slice(0, 4).join(':');
  const rest = tail.split(':').filter((g) => g !== '');
  const zeros = new Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}
