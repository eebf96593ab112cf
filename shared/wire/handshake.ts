/**
 * The signalling frames, byte by byte (docs/protocol/handshake.md): m1, m2, m3, m4 of the handshake,
 * and the plain refusal that is given before there are keys. The first byte is the type; 6 and 7 are the
 * relay adapter's own ping and pong.
 * Parsers accept exactly one encoding of each message and give a WarrenError for everything else.
 */
import { ERROR_CODES, type ErrorCode, WarrenError } from '../base/errors.ts';
import type { Did } from '../base/units.ts';
import { Malformed, Reader, Writer } from './cursor.ts';

export const HANDSHAKE_VERSION = 1;
export const FRAME = { m1: 1, m2: 2, m3: 3, m4: 4, refusal: 5 } as const;
/** A client's new candidates in a running session (shared/machine/handshake/roam.ts). */
export const ROAM_FRAME = 8;
export type FrameName = keyof typeof FRAME;

/** X25519 + ML-KEM-768, HKDF-SHA-256, ChaCha20-Poly1305, secp256k1. The only suite that is accepted. */
export const SUITE_HYBRID = 2;
/** The same without ML-KEM: known so that it can be refused by name. */
export const SUITE_CLASSICAL = 1;
export const MAX_SUITES = 8;

export const HASH_BYTES = 32;
export const X25519_BYTES = 32;
export const ENCAPSULATION_KEY_BYTES = 1184;
export const CIPHERTEXT_BYTES = 1088;
export const SIGNATURE_BYTES = 64;
const TAG_BYTES = 16;
/** Upper bounds of the sealed parts: the largest body that this version can have, with room for growth. */
export const MAX_SEALED_BYTES = 1024;
/** What a peer may send at most; the relay seam carries 16 KiB. */
export const MAX_HANDSHAKE_FRAME_BYTES = 4096;

export interface M1 {
  /** In the order of the initiator's preference. */
  readonly suites: readonly number[];
  readonly provider: Did;
  /** Hash of the terms in the proposal. */
  readonly context: Uint8Array;
  readonly nonce: Uint8Array;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** Hash over the initiator's identity, opened in m3. */
  readonly commitment: Uint8Array;
  readonly ephemeral: Uint8Array;
  readonly encapsulationKey: Uint8Array;
}

export interface M2Head {
  readonly suite: number;
  readonly nonce: Uint8Array;
  readonly ephemeral: Uint8Array;
  readonly ciphertext: Uint8Array;
}

export interface M2 extends M2Head {
  /** The bytes in front of the sealed part, as they went into the transcript before it was sealed. */
  readonly head: Uint8Array;
  readonly sealed: Uint8Array;
}

/** The name of a frame by its first byte; null for anything unknown. */
export function frameName(bytes: Uint8Array): FrameName | null {
  for (const name of Object.keys(FRAME) as FrameName[]) if (FRAME[name] === bytes[0]) return name;
  return null;
}

export function encodeM1(m: M1): Uint8Array {
  return new Writer()
    .u8(FRAME.m1)
    .u8(HANDSHAKE_VERSION)
    .u8(m.suites.length)
    .bytes(Uint8Array.from(m.suites))
    .did(m.provider)
    .bytes(m.context, HASH_BYTES)
    .bytes(m.nonce, HASH_BYTES)
    .u64(m.timestamp)
    .bytes(m.commitment, HASH_BYTES)
    .bytes(m.ephemeral, X25519_BYTES)
    .block(m.encapsulationKey)
    .done();
}

export function parseM1(bytes: Uint8Array): M1 | WarrenError {
  return parse(bytes, 'm1', (r) => {
    const count = r.u8();
    if (count < 1 || count > MAX_SUITES) throw new Malformed(`${count} suites`);
    return {
      suites: [...r.bytes(count)],
      provider: r.did(),
      context: r.bytes(HASH_BYTES),
      nonce: r.bytes(HASH_BYTES),
      timestamp: r.u64(),
      commitment: r.bytes(HASH_BYTES),
      ephemeral: r.bytes(X25519_BYTES),
      encapsulationKey: r.block(ENCAPSULATION_KEY_BYTES, ENCAPSULATION_KEY_BYTES),
    };
  });
}

/** m2 up to its sealed part. */
export function encodeM2Head(m: M2Head): Uint8Array {
  return new Writer()
    .u8(FRAME.m2)
    .u8(HANDSHAKE_VERSION)
    .u8(m.suite)
    .bytes(m.nonce, HASH_BYTES)
    .bytes(m.ephemeral, X25519_BYTES)
    .block(m.ciphertext)
    .done();
}

export function encodeM2(head: Uint8Array, sealed: Uint8Array): Uint8Array {
  return new Writer().bytes(head).block(sealed).done();
}

export function parseM2(bytes: Uint8Array): M2 | WarrenError {
  return parse(bytes, 'm2', (r) => {
    const suite = r.u8();
    const nonce = r.bytes(HASH_BYTES);
    const ephemeral = r.bytes(X25519_BYTES);
    const ciphertext = r.block(CIPHERTEXT_BYTES, CIPHERTEXT_BYTES);
    const head = bytes.slice(0, r.at);
    return { suite, nonce, ephemeral, ciphertext, head, sealed: sealedPart(r) };
  });
}

/** m3 and m4 are one sealed part each. */
export function encodeSealed(name: 'm3' | 'm4', sealed: Uint8Array): Uint8Array {
  return new Writer().u8(FRAME[name]).u8(HANDSHAKE_VERSION).block(sealed).done();
}

export function parseSealed(name: 'm3' | 'm4', bytes: Uint8Array): Uint8Array | WarrenError {
  return parse(bytes, name, sealedPart);
}

/** A refusal before there are keys: only the number of the code goes over the wire. */
export function encodeRefusal(code: ErrorCode): Uint8Array {
  return new Writer().u8(FRAME.refusal).u8(HANDSHAKE_VERSION).u16(ERROR_CODES[code]).done();
}

/** The refusal's code, or the error of a frame that is no refusal; tell them apart by `instanceof`. */
export function parseRefusal(bytes: Uint8Array): ErrorCode | WarrenError {
  return parse(bytes, 'refusal', (r) => codeOf(r.u16()));
}

/** The code of a number that a peer sent; `internal` for one from a later version. */
export function codeOf(number: number): ErrorCode {
  const found = (Object.keys(ERROR_CODES) as ErrorCode[]).find((code) => ERROR_CODES[code] === number);
  return found ?? 'internal';
}

function sealedPart(r: Reader): Uint8Array {
  return r.block(TAG_BYTES + 1, MAX_SEALED_BYTES);
}

function parse<T>(bytes: Uint8Array, name: FrameName, read: (reader: Reader) => T): T | WarrenError {
  if (bytes.length > MAX_HANDSHAKE_FRAME_BYTES)
    return new WarrenError('frame_too_large', `A handshake message of ${bytes.length} bytes came in.`, UPDATE);
  try {
    const reader = new Reader(bytes);
    reader.expect(FRAME[name], 'frame type');
    const version = reader.u8();
    if (version !== HANDSHAKE_VERSION)
      return new WarrenError('version_unsupported', `The peer speaks handshake version ${version}.`, UPDATE);
    const value = read(reader);
    reader.end();
    return value;
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    return new WarrenError('frame_malformed', `The peer's ${name} can not be read: ${cause.message}.`, UPDATE);
  }
}

const UPDATE = 'Choose another node, or update Warren if this happens with all of them.';
