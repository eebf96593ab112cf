/**
 * STUN messages (RFC 8489 §5): header, attributes, integrity and fingerprint, from and to bytes.
 * Pure; reading a stranger's packet never throws, it gives null.
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { equal } from '../../base/bytes.ts';
import { ATTRIBUTE, type AttributeName, MAGIC_COOKIE, type StunAttributes } from './attributes.ts';
import { crc32 } from './crc32.ts';
import { hmacBy } from './hmac.ts';
import { readValue, writeValues } from './values.ts';

export const BINDING = 0x001;
/** RFC 8656 §17. */
export const TURN_METHOD = {
  allocate: 0x003,
  refresh: 0x004,
  send: 0x006,
  data: 0x007,
  createPermission: 0x008,
  channelBind: 0x009,
} as const;
export const CLASSES = ['request', 'indication', 'success', 'error'] as const;
export type StunClass = (typeof CLASSES)[number];

export interface StunMessage {
  readonly class: StunClass;
  readonly method: number;
  /** 12 bytes (96 bits), unpredictable: it is what makes an off-path answer impossible to forge. */
  readonly transactionId: Uint8Array;
  readonly attributes: StunAttributes;
}

/** A message as received, with what is needed to check it. */
export interface ReceivedStun extends StunMessage {
  /** False when absent; a wrong fingerprint makes the whole packet "not STUN". */
  readonly fingerprint: boolean;
  /** Comprehension-required types (< 0x8000) that we do not know: a request gets 420 for them (§6.3.1). */
  readonly unknownRequired: readonly number[];
  readonly integrity: Integrity | null;
  readonly integritySha256: Integrity | null;
}
interface Integrity {
  /** What the HMAC covers: the message up to the attribute, its length field adjusted (§14.5). */
  readonly covered: Uint8Array;
  readonly mac: Uint8Array;
}

export interface EncodeOptions {
  /** Key of MESSAGE-INTEGRITY (HMAC-SHA1), last but FINGERPRINT. */
  readonly integrityKey?: Uint8Array;
  readonly integritySha256Key?: Uint8Array;
  /** Default true. */
  readonly fingerprint?: boolean;
  /** Value of padding bytes; the RFC lets the sender choose (§14). Default 0. */
  readonly padding?: number;
}

const HEADER = 20;
/** STUN itself stays below the path's MTU (§6.1); PADDING of RFC 5780 goes a little over it on purpose. */
export const MAX_STUN_BYTES = 1600;
const MAX_ATTRIBUTES = 64;
const FINGERPRINT_XOR = 0x5354554e;
const MAC_BYTES = 20;
const MAC_SHA256_BYTES = 32;

/** @throws RangeError when a value does not fit its attribute. */
export function encodeStun(message: StunMessage, options: EncodeOptions = {}): Uint8Array {
  if (message.transactionId.length !== 12) throw new RangeError('a transaction id has 12 bytes');
  const { padding = 0, integrityKey, integritySha256Key } = options;
  const values = valuesOf(message);
  const seals: readonly Seal[] = [
    ...(integrityKey ? [[ATTRIBUTE.messageIntegrity, MAC_BYTES, hmacBy(sha1, integrityKey)] as const] : []),
    ...(integritySha256Key
      ? [[ATTRIBUTE.messageIntegritySha256, MAC_SHA256_BYTES, hmacBy(sha256, integritySha256Key)] as const]
      : []),
    ...(options.fingerprint === false ? [] : [[ATTRIBUTE.fingerprint, 4, fingerprintOf] as const]),
  ];
  const sizeOf = (length: number) => 4 + length + padOf(length);
  const plain = values.reduce((sum, [, { length }]) => sum + sizeOf(length), HEADER);
  const size = seals.reduce((sum, [, length]) => sum + sizeOf(length), plain);
  if (size > MAX_STUN_BYTES) throw new RangeError('STUN message too long');

  const packet = new Uint8Array(size).fill(padding, HEADER);
  const view = new DataView(packet.buffer);
  writeHeader(packet, view, message);
  let at = HEADER;
  const put = (type: number, value: Uint8Array) => {
    view.setUint16(at, type);
    view.setUint16(at + 2, value.length);
    packet.set(value, at + 4);
    at += sizeOf(value.length);
  };
  for (const [type, value] of values) put(type, value);
  for (const [type, length, seal] of seals) {
    // Each covers what is before it, as if it were the last (§14.5).
    view.setUint16(2, at - HEADER + sizeOf(length));
    put(type, seal(packet.subarray(0, at)));
  }
  view.setUint16(2, size - HEADER);
  return packet;
}

type Seal = readonly [type: number, length: number, of: (covered: Uint8Array) => Uint8Array];

function valuesOf({ attributes, transactionId }: StunMessage): readonly (readonly [type: number, value: Uint8Array])[] {
  const values: (readonly [number, Uint8Array])[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    const key = name as AttributeName;
    for (const bytes of writeValues(key, attributes, transactionId)) values.push([ATTRIBUTE[key], bytes]);
  }
  return values;
}

/** Null for anything that is not one whole, well-formed STUN message. */
export function decodeStun(bytes: Uint8Array): ReceivedStun | null {
  if (!looksLikeStun(bytes)) return null;
  // Sockets hand out Buffers, whose `slice` shares memory: what we keep must be ours.
  const packet = new Uint8Array(bytes);
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const type = view.getUint16(0);
  const transactionId = packet.slice(8, HEADER);
  const attributes: StunAttributes = {};
  const unknownRequired: number[] = [];
  let integrity: Integrity | null = null;
  let integritySha256: Integrity | null = null;
  let fingerprint = false;
  let count = 0;

  for (let at = HEADER; at < packet.length; ) {
    // FINGERPRINT is the last one (§14.7); whatever follows it makes the packet malformed.
    if (at + 4 > packet.length || fingerprint || ++count > MAX_ATTRIBUTES) return null;
    const kind = view.getUint16(at);
    const length = view.getUint16(at + 2);
    const end = at + 4 + length;
    if (end > packet.length) return null;
    const value = packet.subarray(at + 4, end);
    if (kind === ATTRIBUTE.fingerprint) {
      // The last one, so the header's length is right as it stands.
      if (length !== 4 || end !== packet.length || !equal(value, fingerprintOf(packet.subarray(0, at)))) return null;
      fingerprint = true;
    } else if (kind === ATTRIBUTE.messageIntegrity && !integrity && !integritySha256) {
      if (length !== MAC_BYTES) return null;
      integrity = { covered: covered(packet, at, length), mac: value.slice() };
    } else if (kind === ATTRIBUTE.messageIntegritySha256 && !integritySha256) {
      // Shortened MACs (§14.6) are refused: nobody we speak to sends them.
      if (length !== MAC_SHA256_BYTES) return null;
      integritySha256 = { covered: covered(packet, at, length), mac: value.slice() };
    } else if (!integrity && !integritySha256) {
      // After an integrity attribute nothing counts: it would be unauthenticated (§14.5).
      const result = readValue(kind, value, transactionId, attributes);
      if (result === 'malformed') return null;
      if (result === 'unknown' && kind < 0x8000) unknownRequired.push(kind);
    }
    at = end + padOf(length);
    if (at > packet.length) return null;
  }
  return {
    class: CLASSES[((type >> 7) & 2) | ((type >> 4) & 1)] as StunClass,
    method: ((type >> 2) & 0xf80) | ((type >> 1) & 0x70) | (type & 0xf),
    transactionId,
    attributes,
    fingerprint,
    unknownRequired,
    integrity,
    integritySha256,
  };
}

/** The header's own tests, cheap enough for every packet of a socket (§6.3). */
export function looksLikeStun(packet: Uint8Array): boolean {
  if (packet.length < HEADER || packet.length > MAX_STUN_BYTES || packet.length % 4 !== 0) return false;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  return (
    view.getUint16(0) < 0x4000 && view.getUint32(4) === MAGIC_COOKIE && view.getUint16(2) === packet.length - HEADER
  );
}

/** True when the message carries MESSAGE-INTEGRITY by this key. Absent is false. */
export function verifyIntegrity(message: ReceivedStun, key: Uint8Array): boolean {
  const found = message.integrity;
  return found !== null && equal(found.mac, hmacBy(sha1, key)(found.covered));
}

/** The same for MESSAGE-INTEGRITY-SHA256. */
export function verifyIntegritySha256(message: ReceivedStun, key: Uint8Array): boolean {
  const found = message.integritySha256;
  return found !== null && equal(found.mac, hmacBy(sha256, key)(found.covered));
}

function writeHeader(packet: Uint8Array, view: DataView, { class: kind, method, transactionId }: StunMessage): void {
  const c = CLASSES.indexOf(kind);
  const type = ((method & 0xf80) << 2) | ((method & 0x70) << 1) | (method & 0xf) | ((c & 2) << 7) | ((c & 1) << 4);
  view.setUint16(0, type);
  view.setUint32(4, MAGIC_COOKIE);
  packet.set(transactionId, 8);
}

/** The message before the attribute at `at`, with the length field as if that attribute were the last. */
function covered(packet: Uint8Array, at: number, valueLength: number): Uint8Array {
  const part = packet.slice(0, at);
  new DataView(part.buffer).setUint16(2, at - HEADER + 4 + valueLength);
  return part;
}

function fingerprintOf(bytes: Uint8Array): Uint8Array {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, (crc32(bytes) ^ FINGERPRINT_XOR) >>> 0);
  return value;
}

function padOf(length: number): number {
  return (4 - (length % 4)) % 4;
}
