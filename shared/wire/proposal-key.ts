/** Binds a Nostr key to Ethereum: both live on secp256k1, but Nostr drops the sign of y (BIP-340). */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { toHex } from '../base/bytes.ts';
import { type Address, address } from '../base/units.ts';

/**
 * The two accounts whose key has this x coordinate: of (x, even y) and of (x, odd y). A DID's delegate
 * that equals either one is held by whoever signs with this key.
 * @throws RangeError when the text is no x coordinate of the curve.
 */
export function keyToAddresses(xonly: string): readonly [Address, Address] {
  const x = xonly.replace(/^0x/, '');
  try {
    const even = secp256k1.Point.fromHex(`02${x}`);
    return [accountOf(even.toBytes(false)), accountOf(even.negate().toBytes(false))];
  } catch (cause) {
    throw new RangeError('not an x-only secp256k1 key', { cause });
  }
}

function accountOf(uncompressed: Uint8Array): Address {
  return address(toHex(keccak_256(uncompressed.subarray(1)).subarray(12)));
}
