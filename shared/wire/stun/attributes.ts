/** STUN attributes: their numbers, and how each value is written and read (RFC 8489 §14, 8445 §16.1, 5780 §7). */
import { concat, utf8 } from '../../base/bytes.ts';
import { formatIp, parseIp } from '../../base/ip.ts';

export const MAGIC_COOKIE = 0x2112a442;

export const ATTRIBUTE = {
  mappedAddress: 0x0001,
  changeRequest: 0x0003,
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  realm: 0x0014,
  nonce: 0x0015,
  messageIntegritySha256: 0x001c,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  padding: 0x0026,
  responsePort: 0x0027,
  software: 0x8022,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
  responseOrigin: 0x802b,
  otherAddress: 0x802c,
} as const;

export interface StunAddress {
  readonly address: string;
  readonly port: number;
}

/** Values by name. Absent means not in the message; the order of writing is the order of the keys. */
export interface StunAttributes {
  readonly mappedAddress?: StunAddress;
  readonly xorMappedAddress?: StunAddress;
  readonly responseOrigin?: StunAddress;
  readonly otherAddress?: StunAddress;
  readonly changeRequest?: { readonly ip: boolean; readonly port: boolean };
  /** The port of the asker's address to which the answer shall go (RFC 5780 §7.5). */
  readonly responsePort?: number;
  /** Bytes of filling, to see whether fragments pass (RFC 5780 §7.6). */
  readonly padding?: number;
  readonly username?: string;
  readonly realm?: string;
  readonly nonce?: string;
  readonly software?: string;
  readonly errorCode?: { readonly code: number; readonly reason: string };
  readonly unknownAttributes?: readonly number[];
  readonly priority?: number;
  readonly useCandidate?: boolean;
  readonly iceControlled?: bigint;
  readonly iceControlling?: bigint;
}
type Writable = { -readonly [K in keyof StunAttributes]: StunAttributes[K] };
type Name = keyof StunAttributes;

const NAME_OF = new Map<number, Name>(
  (Object.entries(ATTRIBUTE) as [string, number][])
    .filter(([name]) => !['messageIntegrity', 'messageIntegritySha256', 'fingerprint'].includes(name))
    .map(([name, type]) => [type, name as Name]),
);

/** Longest texts in bytes: USERNAME < 509 (RFC 8489 §14.3), others ≤ 763 (§14.9, 14.10, 14.14). */
const MAX_USERNAME = 508;
const MAX_TEXT = 763;

/** @throws RangeError when a value does not fit its attribute: a fault of ours, never of the network. */
export function writeValue(name: Name, attributes: StunAttributes, transactionId: Uint8Array): Uint8Array {
  switch (name) {
    case 'xorMappedAddress':
      return writeAddress(need(attributes[name]), transactionId);
    case 'mappedAddress':
    case 'responseOrigin':
    case 'otherAddress':
      return writeAddress(need(attributes[name]), null);
    case 'changeRequest': {
      const { ip, port } = need(attributes[name]);
      return uint32((ip ? 4 : 0) | (port ? 2 : 0));
    }
    case 'username':
    case 'realm':
    case 'nonce':
    case 'software': {
      const text = utf8(need(attributes[name]));
      if (text.length > (name === 'username' ? MAX_USERNAME : MAX_TEXT)) throw new RangeError(`${name} too long`);
      return text;
    }
    case 'errorCode': {
      const { code, reason } = need(attributes[name]);
      if (code < 300 || code > 699) throw new RangeError('error code outside 300…699');
      return concat(Uint8Array.of(0, 0, Math.floor(code / 100), code % 100), utf8(reason));
    }
    case 'unknownAttributes':
      return Uint8Array.from(need(attributes[name]).flatMap((type) => [type >> 8, type & 255]));
    case 'priority':
      return uint32(need(attributes[name]));
    case 'padding':
      return new Uint8Array(need(attributes[name]));
    case 'responsePort':
      return uint32(need(attributes[name]) << 16);
    case 'useCandidate':
      return new Uint8Array(0);
    case 'iceControlled':
    case 'iceControlling': {
      const value = new Uint8Array(8);
      new DataView(value.buffer).setBigUint64(0, need(attributes[name]));
      return value;
    }
  }
}

/**
 * Reads one value into `into`; the first of a kind counts (RFC 8489 §14). `malformed`: the message
 * must be dropped. `unknown`: not ours, to be reported when its type is comprehension-required.
 */
export function readValue(
  type: number,
  value: Uint8Array,
  transactionId: Uint8Array,
  into: Writable,
): 'read' | 'unknown' | 'malformed' {
  const name = NAME_OF.get(type);
  if (!name) return 'unknown';
  if (into[name] !== undefined) return 'read';
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  switch (name) {
    case 'xorMappedAddress':
    case 'mappedAddress':
    case 'responseOrigin':
    case 'otherAddress': {
      const address = readAddress(value, name === 'xorMappedAddress' ? transactionId : null);
      if (!address) return 'malformed';
      into[name] = address;
      return 'read';
    }
    case 'changeRequest': {
      if (value.length !== 4) return 'malformed';
      const flags = view.getUint32(0);
      into.changeRequest = { ip: (flags & 4) !== 0, port: (flags & 2) !== 0 };
      return 'read';
    }
    case 'username':
    case 'realm':
    case 'nonce':
    case 'software': {
      const text = value.length <= (name === 'username' ? MAX_USERNAME : MAX_TEXT) ? readText(value) : null;
      if (text === null) return 'malformed';
      into[name] = text;
      return 'read';
    }
    case 'errorCode': {
      const reason = value.length >= 4 && value.length <= 4 + MAX_TEXT ? readText(value.subarray(4)) : null;
      const hundreds = (value[2] ?? 0) & 7;
      if (reason === null || hundreds < 3 || hundreds > 6 || (value[3] ?? 0) > 99) return 'malformed';
      into.errorCode = { code: hundreds * 100 + (value[3] ?? 0), reason };
      return 'read';
    }
    case 'unknownAttributes':
      if (value.length % 2 !== 0) return 'malformed';
      into.unknownAttributes = Array.from({ length: value.length / 2 }, (_, i) => view.getUint16(2 * i));
      return 'read';
    case 'priority':
      if (value.length !== 4) return 'malformed';
      into.priority = view.getUint32(0);
      return 'read';
    case 'padding':
      into.padding = value.length;
      return 'read';
    case 'responsePort':
      if (value.length !== 4) return 'malformed';
      into.responsePort = view.getUint16(0);
      return 'read';
    case 'useCandidate':
      if (value.length !== 0) return 'malformed';
      into.useCandidate = true;
      return 'read';
    case 'iceControlled':
    case 'iceControlling':
      if (value.length !== 8) return 'malformed';
      into[name] = view.getBigUint64(0);
      return 'read';
  }
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('attribute without a value');
  return value;
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0);
  return bytes;
}

/** XOR with the cookie and, for IPv6, the transaction id (RFC 8489 §14.2); null: plain (§14.1). */
function mask(transactionId: Uint8Array | null): Uint8Array {
  return transactionId ? concat(uint32(MAGIC_COOKIE), transactionId) : new Uint8Array(16);
}

function writeAddress({ address, port }: StunAddress, transactionId: Uint8Array | null): Uint8Array {
  const ip = parseIp(address);
  if (!ip || !Number.isInteger(port) || port < 0 || port > 65535) throw new RangeError('no transport address');
  const key = mask(transactionId);
  const out = new Uint8Array(4 + ip.length);
  out[1] = ip.length === 4 ? 1 : 2;
  out[2] = (port >> 8) ^ (key[0] as number);
  out[3] = (port & 255) ^ (key[1] as number);
  for (const [i, byte] of ip.entries()) out[4 + i] = byte ^ (key[i] as number);
  return out;
}

function readAddress(value: Uint8Array, transactionId: Uint8Array | null): StunAddress | null {
  const length = value[1] === 1 ? 4 : value[1] === 2 ? 16 : 0;
  if (length === 0 || value.length !== 4 + length) return null;
  const key = mask(transactionId);
  const ip = value.slice(4).map((byte, i) => byte ^ (key[i] as number));
  const port = (((value[2] as number) ^ (key[0] as number)) << 8) | ((value[3] as number) ^ (key[1] as number));
  return { address: formatIp(ip), port };
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
function readText(value: Uint8Array): string | null {
  try {
    return decoder.decode(value);
  } catch {
    return null;
  }
}
