/**
 * An end that lost its path says where it is now through the rendezvous, since the tunnel can not carry
 * it: its candidates, sealed with a key of the handshake that is used once. The first byte is the type.
 */

import * as v from 'valibot';
import { utf8 } from '../../base/bytes.ts';
import type { HandshakeCrypto } from '../../effects.ts';
import { type Candidate, CandidatesSchema } from '../../wire/candidate.ts';
import { Malformed, Reader, Writer } from '../../wire/cursor.ts';
import { HANDSHAKE_VERSION, ROAM_FRAME } from '../../wire/handshake.ts';
import type { Session } from './api.ts';

const KEY_BYTES = 32;
const TAG_BYTES = 16;
/** 16 candidates as JSON take 1.7 KB. */
const MAX_SEALED = 4_096;

/** Who says it: the client or the node. A message that comes back to its sender opens nothing. */
export type Roamer = 'initiator' | 'responder';
const LABEL = { initiator: 'warren roam', responder: 'warren roam back' } as const;

/** @param number counts up within the session, for each end by itself. */
export function sealRoam(
  crypto: HandshakeCrypto,
  session: Session,
  from: Roamer,
  number: number,
  candidates: readonly Candidate[],
): Uint8Array {
  const head = headOf(number);
  const sealed = crypto.seal(keyOf(crypto, session, from, number), utf8(JSON.stringify(candidates)), head);
  return new Writer().bytes(head).block(sealed).done();
}

/** Null for what is no such message of this session, or an old one. @param after the highest number so far. */
export function openRoam(
  crypto: HandshakeCrypto,
  session: Session,
  from: Roamer,
  bytes: Uint8Array,
  after: number,
): { readonly number: number; readonly candidates: readonly Candidate[] } | null {
  const frame = read(bytes);
  if (!frame || frame.number <= after) return null;
  const plain = crypto.open(keyOf(crypto, session, from, frame.number), frame.sealed, headOf(frame.number));
  if (!plain) return null;
  try {
    const parsed = v.safeParse(CandidatesSchema, JSON.parse(new TextDecoder().decode(plain)));
    return parsed.success ? { number: frame.number, candidates: parsed.output } : null;
  } catch {
    return null;
  }
}

function read(bytes: Uint8Array): { readonly number: number; readonly sealed: Uint8Array } | null {
  try {
    const reader = new Reader(bytes);
    reader.expect(ROAM_FRAME, 'frame type');
    reader.expect(HANDSHAKE_VERSION, 'version');
    const number = reader.u64();
    const sealed = reader.block(TAG_BYTES + 1, MAX_SEALED);
    reader.end();
    return { number, sealed };
  } catch (cause) {
    if (cause instanceof Malformed) return null;
    throw cause;
  }
}

function headOf(number: number): Uint8Array {
  return new Writer().u8(ROAM_FRAME).u8(HANDSHAKE_VERSION).u64(number).done();
}

/** Each key seals one message: the number is part of it. */
function keyOf(crypto: HandshakeCrypto, { psk, sessionId }: Session, from: Roamer, number: number): Uint8Array {
  return crypto.hkdf(psk, sessionId, utf8(`${LABEL[from]} ${number}`), KEY_BYTES);
}
