/**
 * Hands out one tunnel address pair per client: random, so that it says nothing about who was here
 * before or how many are, and never one that is in use. It must not reach outside Warren's ranges.
 */
import { randomBytes, randomInt } from 'node:crypto';

export interface TunnelAddresses {
  /** A host address of 100.64.0.0/10 (RFC 6598) outside 100.64.0.0/24, which the gateway is in. */
  readonly address4: string;
  /** A host address of fd77:6172:7265::/48, in RFC 5952 form. */
  readonly address6: string;
}

export class AddressPool {
  readonly #limit: number;
  readonly #used = new Set<string>();
  readonly #draw: () => TunnelAddresses;

  /** @param limit how many pairs may be out at once; @param draw only tests give their own. */
  constructor(limit: number, draw: () => TunnelAddresses = drawAddresses) {
    this.#limit = limit;
    this.#draw = draw;
  }

  get used(): number {
    return this.#used.size;
  }

  /** Null when every pair is out. */
  take(): TunnelAddresses | null {
    for (let tries = 0; this.#used.size < this.#limit && tries < 64; tries++) {
      const pair = this.#draw();
      if (this.#used.has(pair.address4)) continue;
      this.#used.add(pair.address4);
      return pair;
    }
    return null;
  }

  release(pair: TunnelAddresses): void {
    this.#used.delete(pair.address4);
  }
}

/** The last 22 bits of 100.64.0.0/10 from 256 up; broadcast-like ends (.0, .255) are left out. */
export function drawAddresses(): TunnelAddresses {
  const host = randomInt(256, 2 ** 22);
  const last = (host & 255) === 0 || (host & 255) === 255 ? randomInt(1, 255) : host & 255;
  const address4 = `100.${64 + (host >>> 16)}.${(host >>> 8) & 255}.${last}`;
  // No group is zero: then the text is canonical (RFC 5952) and compares as it is.
  const bytes = randomBytes(10);
  const groups = Array.from({ length: 5 }, (_, i) => (bytes.readUInt16BE(2 * i) || 1).toString(16));
  return { address4, address6: `fd77:6172:7265:${groups.join(':')}` };
}
