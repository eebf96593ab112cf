/**
 * TURN over a stream (RFC 8656 §12.5): STUN messages and padded ChannelData, one after the other, told
 * apart by their first bits and cut by their own length fields.
 */
import { concat } from '../../base/bytes.ts';
import { MAGIC_COOKIE } from '../stun/attributes.ts';

const STUN_HEADER = 20;
const CHANNEL_HEADER = 4;
/** Enough to know a message's length and whether it is one. */
const LOOK_AHEAD = 8;

export interface StreamReader {
  /** The whole messages that the chunk completes, as views; null once the stream made no sense. */
  push(chunk: Uint8Array): readonly Uint8Array[] | null;
}

/** Holds at most one unfinished message: 64 KiB and a header, whatever arrives. */
export function createStreamReader(): StreamReader {
  let rest: Uint8Array = new Uint8Array(0);
  let broken = false;
  return {
    push(chunk) {
      if (broken) return null;
      const bytes = rest.length > 0 ? concat(rest, chunk) : chunk;
      const messages: Uint8Array[] = [];
      let at = 0;
      for (;;) {
        const length = messageLength(bytes, at);
        if (length === 'broken') {
          broken = true;
          rest = new Uint8Array(0);
          return null;
        }
        if (length === null || at + length > bytes.length) break;
        messages.push(bytes.subarray(at, at + length));
        at += length;
      }
      // A copy: what a socket hands out may be reused.
      rest = new Uint8Array(bytes.subarray(at));
      return messages;
    },
  };
}

/** Bytes of the message that begins at `at`, padding included; null while too little of it is here. */
function messageLength(bytes: Uint8Array, at: number): number | null | 'broken' {
  if (bytes.length - at < CHANNEL_HEADER) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.byteLength - at);
  const length = view.getUint16(2);
  switch (view.getUint8(0) >> 6) {
    case 0:
      if (length % 4 !== 0) return 'broken';
      if (view.byteLength < LOOK_AHEAD) return null;
      return view.getUint32(4) === MAGIC_COOKIE ? STUN_HEADER + length : 'broken';
    case 1:
      return CHANNEL_HEADER + ((length + 3) & ~3);
    default:
      return 'broken';
  }
}
