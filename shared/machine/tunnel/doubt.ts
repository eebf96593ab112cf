/** Whether nothing comes back from a WireGuard peer: told from its counters, sooner than any consent check. */
import type { ByteCount, Ms } from '../../base/units.ts';

/**
 * Data went out again and again, or much was coming in, and then nothing came back for so long: no proof,
 * but reason enough to ask the path at once instead of at its next consent check.
 */
export const DOUBT: Ms = 500;
const DOUBT_AGAIN: Ms = 1_500;
/** More than a keepalive (32 bytes). */
const DATA_BYTES: ByteCount = 60;
/** Without a pause: a flow that does not end by itself in the middle. When it does, a check is cheap. */
const FLOW_BYTES: ByteCount = 500;

export interface Counters {
  /** Epoch ms, 0 when there was none. */
  readonly handshakeAt: Ms;
  readonly rxBytes: ByteCount;
  readonly txBytes: ByteCount;
}

export interface Heard {
  readonly rxBytes: ByteCount;
  readonly handshakeAt: Ms;
  /** What we had sent by then. */
  readonly txBytes: ByteCount;
  readonly at: Ms;
  /** What came in with it and before it, up to the last pause. */
  readonly flow: ByteCount;
}

/** What went out since the last sign of life. */
export interface Sent {
  readonly txBytes: ByteCount;
  /** Samples in which there was more than a keepalive, and the first of them. */
  readonly times: number;
  readonly since: Ms;
  readonly doubtedAt: Ms | null;
}

/**
 * For a node, which keeps nothing else about the tunnel. It answers more than it asks, so that it has no unanswered packet by
 * which to notice that its own address is not what it was: any data that nothing follows is reason enough.
 */
export class Doubt {
  #state: { readonly heard: Heard; readonly sent: Sent } | null = null;

  /** @returns `heard` for a sign of life, `doubt` when the path should be asked. */
  sample(counters: Counters, now: Ms): 'heard' | 'doubt' | null {
    const before = this.#state;
    if (!before) {
      this.#state = heardNow(counters, null, now);
      return counters.rxBytes > 0 ? 'heard' : null;
    }
    const { heard } = before;
    if (counters.rxBytes !== heard.rxBytes || counters.handshakeAt !== heard.handshakeAt) {
      this.#state = heardNow(counters, heard, now);
      return 'heard';
    }
    const sent = sentNow(before.sent, counters.txBytes, now);
    const doubts = isDoubtful(heard, sent, now, DATA_BYTES);
    this.#state = { heard, sent: doubts ? { ...sent, doubtedAt: now } : sent };
    return doubts ? 'doubt' : null;
  }
}

/** @param before the sign of life before this one: the last sample of a flow that breaks off holds little of it. */
export function heardNow({ rxBytes, txBytes, handshakeAt }: Counters, before: Heard | null, now: Ms) {
  const flow = before === null ? 0 : rxBytes - before.rxBytes + (now - before.at < DOUBT ? before.flow : 0);
  const heard: Heard = { rxBytes, txBytes, handshakeAt, at: now, flow };
  const sent: Sent = { txBytes, times: 0, since: now, doubtedAt: null };
  return { heard, sent };
}

export function sentNow(sent: Sent, txBytes: ByteCount, now: Ms): Sent {
  if (txBytes - sent.txBytes < DATA_BYTES) return { ...sent, txBytes };
  return { ...sent, txBytes, times: sent.times + 1, since: sent.times === 0 ? now : sent.since };
}

/** @param flowBytes so much in a row is not expected to end by itself */
export function isDoubtful(
  heard: Heard,
  { times, since, doubtedAt }: Sent,
  now: Ms,
  flowBytes: ByteCount = FLOW_BYTES,
): boolean {
  const unanswered = times >= 2 && now - since >= DOUBT;
  if (doubtedAt !== null) return unanswered && now - doubtedAt >= DOUBT_AGAIN;
  return unanswered || (heard.flow >= flowBytes && now - heard.at >= DOUBT);
}
