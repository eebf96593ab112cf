/** How each attribute's value is written and read. Reading a stranger's value never throws. */
import { concat, utf8 } from '../../base/bytes.ts';
import { readAddress, writeAddress } from './address.ts';
import { type AddressFamily, ATTRIBUTE_NAMES, type AttributeName, type StunAttributes } from './attributes.ts';

type Writable = { -readonly [K in AttributeName]?: Exclude<StunAttributes[K], undefined> };

/** Longest texts in bytes: USERNAME < 509 (RFC 8489 §14.3), others ≤ 763 (§14.9, 14.10, 14.14). */
const MAX_USERNAME = 508;
const MAX_TEXT = 763;
/** More addresses of one kind than anybody has reason to name in a message. */
const MAX_ADDRESSES = 16;

/**
 * The attribute's values: one, or for the address lists one each.
 * @throws RangeError when a value does not fit its attribute: a fault of ours, never of the network.
 */
export function writeValues(name: AttributeName, attributes: StunAttributes, transactionId: Uint8Array): Uint8Array[] {
  if (name === 'xorPeerAddresses' || name === 'xorRelayedAddresses')
    return need(attributes[name]).map((address) => writeAddress(address, transactionId));
  return [writeValue(name, attributes, transactionId)];
}

type SingleName = Exclude<AttributeName, 'xorPeerAddresses' | 'xorRelayedAddresses'>;

function writeValue(name: SingleName, attributes: StunAttributes, transactionId: Uint8Array): Uint8Array {
  switch (name) {
    case 'xorMappedAddress':
      return writeAddress(need(attributes[name]), transactionId);
    case 'mappedAddress':
    case 'sourceAddress':
    case 'changedAddress':
    case 'responseOrigin':
    case 'otherAddress':
    case 'alternateServer':
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
    case 'errorCode':
      return writeError(0, need(attributes[name]));
    case 'addressErrorCode':
      return writeError(familyByte(need(attributes[name]).family), need(attributes[name]));
    case 'unknownAttributes':
      return Uint8Array.from(need(attributes[name]).flatMap((type) => [type >> 8, type & 255]));
    case 'priority':
    case 'lifetime':
      return uint32(need(attributes[name]));
    case 'padding':
      return new Uint8Array(need(attributes[name]));
    case 'responsePort':
    case 'channelNumber':
      return uint32(need(attributes[name]) << 16);
    case 'requestedTransport':
      return uint32(need(attributes[name]) << 24);
    case 'requestedAddressFamily':
    case 'additionalAddressFamily':
    case 'additionalAddressFamilyDraft':
      return uint32(familyByte(need(attributes[name])) << 24);
    case 'data':
      return need(attributes[name]);
    case 'useCandidate':
    case 'dontFragment':
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
 * Reads one value into `into`; the first of a kind counts (RFC 8489 §14), but for the address lists.
 * `malformed`: the message must be dropped. `unknown`: not ours, to be reported when its type is
 * comprehension-required.
 */
export function readValue(
  type: number,
  value: Uint8Array,
  transactionId: Uint8Array,
  into: Writable,
): 'read' | 'unknown' | 'malformed' {
  const name = ATTRIBUTE_NAMES.get(type);
  if (!name) return 'unknown';
  if (name === 'xorPeerAddresses' || name === 'xorRelayedAddresses') {
    const address = readAddress(value, transactionId);
    const before = into[name] ?? [];
    if (!address || before.length >= MAX_ADDRESSES) return 'malformed';
    into[name] = [...before, address];
    return 'read';
  }
  if (into[name] !== undefined) return 'read';
  return readSingle(name, value, transactionId, into) ? 'read' : 'malformed';
}

function readSingle(name: SingleName, value: Uint8Array, transactionId: Uint8Array, into: Writable): boolean {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  switch (name) {
    case 'xorMappedAddress':
    case 'mappedAddress':
    case 'sourceAddress':
    case 'changedAddress':
    case 'responseOrigin':
    case 'otherAddress':
    case 'alternateServer':
      return put(into, name, readAddress(value, name === 'xorMappedAddress' ? transactionId : null));
    case 'changeRequest': {
      if (value.length !== 4) return false;
      const flags = view.getUint32(0);
      return put(into, name, { ip: (flags & 4) !== 0, port: (flags & 2) !== 0 });
    }
    case 'username':
    case 'realm':
    case 'nonce':
    case 'software':
      return put(into, name, value.length <= (name === 'username' ? MAX_USERNAME : MAX_TEXT) ? readText(value) : null);
    case 'errorCode':
      return put(into, name, readError(value));
    case 'addressErrorCode': {
      const family = familyOf(value);
      const error = readError(value);
      return put(into, name, family && error && { family, ...error });
    }
    case 'unknownAttributes':
      if (value.length % 2 !== 0) return false;
      return put(
        into,
        name,
        Array.from({ length: value.length / 2 }, (_, i) => view.getUint16(2 * i)),
      );
    case 'priority':
    case 'lifetime':
      return put(into, name, value.length === 4 ? view.getUint32(0) : null);
    case 'padding':
      return put(into, name, value.length);
    case 'responsePort':
    case 'channelNumber':
      return put(into, name, value.length === 4 ? view.getUint16(0) : null);
    case 'requestedTransport':
      return put(into, name, value.length === 4 ? view.getUint8(0) : null);
    case 'requestedAddressFamily':
    case 'additionalAddressFamily':
    case 'additionalAddressFamilyDraft':
      return put(into, name, value.length === 4 ? familyOf(value) : null);
    case 'data':
      return put(into, name, value.slice());
    case 'useCandidate':
    case 'dontFragment':
      return put(into, name, value.length === 0 ? true : null);
    case 'iceControlled':
    case 'iceControlling':
      return put(into, name, value.length === 8 ? view.getBigUint64(0) : null);
  }
}

function put<K extends AttributeName>(into: Writable, name: K, value: Writable[K] | null): boolean {
  if (value === null || value === undefined) return false;
  into[name] = value;
  return true;
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

const familyByte = (family: AddressFamily) => (family === 4 ? 1 : 2);
const familyOf = (value: Uint8Array): AddressFamily | null => (value[0] === 1 ? 4 : value[0] === 2 ? 6 : null);

function writeError(first: number, { code, reason }: { readonly code: number; readonly reason: string }): Uint8Array {
  if (code < 300 || code > 699) throw new RangeError('error code outside 300…699');
  return concat(Uint8Array.of(first, 0, Math.floor(code / 100), code % 100), utf8(reason));
}

function readError(value: Uint8Array): { readonly code: number; readonly reason: string } | null {
  const reason = value.length >= 4 && value.length <= 4 + MAX_TEXT ? readText(value.subarray(4)) : null;
  const hundreds = (value[2] ?? 0) & 7;
  if (reason === null || hundreds < 3 || hundreds > 6 || (value[3] ?? 0) > 99) return null;
  return { code: hundreds * 100 + (value[3] ?? 0), reason };
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
function readText(value: Uint8Array): string | null {
  try {
    return decoder.decode(value);
  } catch {
    return null;
  }
}
