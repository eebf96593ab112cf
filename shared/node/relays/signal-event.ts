/**
 * One signalling message as an ephemeral event: kind 21777, `p` = receiver, `n` = number (from 1 in the order of
 * sending; 0 for what needs no order), content base64.
 */
import { fromBase64, toBase64 } from '../../base/bytes.ts';
import { type NostrEvent, type NostrFilter, tagOf, type UnsignedEvent } from '../../wire/nostr.ts';
import { SIGNAL_KIND } from '../../wire/proposal.ts';

const MAX_MESSAGE_BYTES = 16_384;
export const UNORDERED = 0;
/** Older or newer than this: a replay, or a clock that is of no use. */
const MAX_AGE_SEC = 900;

export interface Signalled {
  /** x-only key, 64 hex digits. */
  readonly from: string;
  readonly number: number;
  readonly message: Uint8Array;
}

/** @throws RangeError when it is empty or over 16 KiB. */
export function checkSize(message: Uint8Array): void {
  if (message.length === 0 || message.length > MAX_MESSAGE_BYTES) throw new RangeError('a signal has 1 to 16384 bytes');
}

/** @throws RangeError when the message is empty or over 16 KiB. */
export function signalEvent(to: string, number: number, message: Uint8Array, createdAt: number): UnsignedEvent {
  checkSize(message);
  const tags = [
    ['p', to],
    ['n', String(number)],
  ];
  return { kind: SIGNAL_KIND, created_at: createdAt, tags, content: toBase64(message) };
}

/** Null when it is no signal for `to`. The signature is checked by the caller. */
export function readSignalEvent(event: NostrEvent, to: string, nowSec: number): Signalled | null {
  const number = tagOf(event, 'n');
  if (event.kind !== SIGNAL_KIND || tagOf(event, 'p') !== to || event.pubkey === to) return null;
  if (Math.abs(nowSec - event.created_at) > MAX_AGE_SEC || number === undefined || !/^(0|[1-9]\d{0,5})$/.test(number))
    return null;
  if (event.content.length > Math.ceil(MAX_MESSAGE_BYTES / 3) * 4) return null;
  try {
    const message = fromBase64(event.content);
    return message.length === 0 ? null : { from: event.pubkey, number: Number(number), message };
  } catch {
    return null;
  }
}

export function signalFilter(to: string, from?: string): NostrFilter {
  return { kinds: [SIGNAL_KIND], '#p': [to], ...(from === undefined ? {} : { authors: [from] }) };
}
