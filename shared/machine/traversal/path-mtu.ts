/**
 * How large a packet the path in use carries, found out by padded checks (RFC 8899, datagram packetization
 * layer PMTU discovery; PADDING is RFC 5780 §7.6). 1280 needs no proof: IPv6 demands it of every link, and
 * what is smaller in IPv4 fragments. Each end asks for the direction that it sends in.
 */
import type { Ms } from '../../base/units.ts';
import { BASE_MTU, LARGEST_MTU } from '../../wire/netd.ts';
import type { Deadline } from '../machine.ts';

/**
 * The largest first: Ethernet's 1500 less 80 (IPv6, UDP, WireGuard), then what PPPoE, DS-Lite and tunnels of
 * the carriers leave. More steps would bring less than they cost.
 */
const SEARCH: readonly number[] = [LARGEST_MTU, 1_400, 1_372, 1_340];
/** WireGuard's header and tag; a check of this size weighs on the path what a full packet does. */
const WIREGUARD_BYTES = 32;
/** RFC 8899 §5.1.2: MAX_PROBES, and then the size counts as too large. */
const MAX_PROBES = 3;
/** RFC 8899 §5.1.1: PROBE_TIMER, no less than a second. */
const PROBE_TIMER: Ms = 1_000;
/** CONFIRMATION_TIMER: a path may come to carry less, and nobody says so. */
const CONFIRMATION: Ms = 30_000;
/** PMTU_RAISE_TIMER: or more. */
const RAISE: Ms = 600_000;

/** The first probe waits until the connection stands: nothing may be slower for it. */
const FIRST_AFTER: Ms = 1_000;

export class PathMtu {
  /** Both addresses of the pair in use; null: none is, or a relay, which keeps to the base. */
  #route: string | null = null;
  #proven = BASE_MTU;
  #said = BASE_MTU;
  /** The size asked for; null: nothing to ask until `#at`. */
  #asking: number | null = null;
  #tries = 0;
  #at: Ms = 0;
  #raiseAt: Ms = 0;

  /** Of the tunnel's link, in bytes: what the path in use is known to carry. */
  get proven(): number {
    return this.#proven;
  }

  /** The path moved. Another port of the same addresses is the same route: confirmed, not searched anew. */
  use(route: string | null, now: Ms): void {
    if (route === null || route !== this.#route) this.#proven = BASE_MTU;
    this.#route = route;
    this.#asking = this.#proven > BASE_MTU ? this.#proven : LARGEST_MTU;
    this.#tries = 0;
    this.#at = now + FIRST_AFTER;
    this.#raiseAt = now + RAISE;
  }

  /** True once for each change of `proven`. */
  changed(): boolean {
    const changed = this.#said !== this.#proven;
    this.#said = this.#proven;
    return changed;
  }

  /** How long a check has to be now, in bytes of UDP payload; null when none is due. May lower `proven`. */
  due(now: Ms): number | null {
    if (this.#route === null || now < this.#at) return null;
    if (this.#asking !== null && this.#tries >= MAX_PROBES) this.#tooLarge(now);
    if (now < this.#at) return null;
    this.#asking ??= now >= this.#raiseAt ? this.#raise(now) : this.#proven;
    this.#tries++;
    this.#at = now + PROBE_TIMER;
    return this.#asking + WIREGUARD_BYTES;
  }

  /** A padded check came through. @param bytes what `due` asked for. */
  answered(bytes: number, now: Ms): void {
    const size = bytes - WIREGUARD_BYTES;
    if (this.#route === null || size !== this.#asking) return;
    this.#proven = size;
    this.#rest(now);
  }

  deadline(): Deadline | null {
    return this.#route === null ? null : { at: this.#at, why: 'ask how much the path carries' };
  }

  #tooLarge(now: Ms): void {
    const size = this.#asking ?? this.#proven;
    if (size <= this.#proven) {
      this.#proven = BASE_MTU;
      // It was carried before, so this may have been no more than an outage.
      this.#raiseAt = now + CONFIRMATION;
    }
    this.#tries = 0;
    this.#asking = SEARCH.find((next) => next < size && next > this.#proven) ?? null;
    if (this.#asking === null) this.#rest(now);
  }

  #raise(now: Ms): number {
    this.#raiseAt = now + RAISE;
    return LARGEST_MTU;
  }

  #rest(now: Ms): void {
    this.#asking = null;
    this.#tries = 0;
    // The base is not to be confirmed, only to be bettered.
    this.#at = this.#proven > BASE_MTU ? now + CONFIRMATION : this.#raiseAt;
  }
}
