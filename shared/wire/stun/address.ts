/** Transport addresses in attributes: MAPPED-ADDRESS and, masked, XOR-MAPPED-ADDRESS (RFC 8489 §14.1, §14.2). */
import { concat } from '../../base/bytes.ts';
import { formatIp, parseIp } from '../../base/ip.ts';
import { MAGIC_COOKIE, type StunAddress } from './attributes.ts';

/** XOR with the cookie and, for IPv6, the transaction id; null: plain. */
function mask(transactionId: Uint8Array | null): Uint8Array {
  if (!transactionId) return new Uint8Array(16);
  const cookie = new Uint8Array(4);
  new DataView(cookie.buffer).setUint32(0, MAGIC_COOKIE);
  return concat(cookie, transactionId);
}

/** @throws RangeError when it is no address and port. */
export function writeAddress({ address, port }: StunAddress, transactionId: Uint8Array | null): Uint8Array {
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

export function readAddress(value: Uint8Array, transactionId: Uint8Array | null): StunAddress | null {
  const length = value[1] === 1 ? 4 : value[1] === 2 ? 16 : 0;
  if (length === 0 || value.length !== 4 + length) return null;
  const key = mask(transactionId);
  const ip = value.slice(4).map((byte, i) => byte ^ (key[i] as number));
  const port = (((value[2] as number) ^ (key[0] as number)) << 8) | ((value[3] as number) ^ (key[1] as number));
  return { address: formatIp(ip), port };
}
