/**
 * Keys from the seed. The account is the one every wallet finds (BIP-44: m/44'/60'/0'/0/0); each
 * provider gets a channel signer of its own, so a leaked signer is worth one channel and no more.
 */
import { HDKey } from '@scure/bip32';
import { privateKeyToAccount } from 'viem/accounts';
import { type Hex, toHex } from '../../shared/base/bytes.ts';
import { type Address, address } from '../../shared/base/units.ts';

export interface Key {
  readonly privateKey: Hex;
  readonly address: Address;
}

const ACCOUNTS_PATH = "m/44'/60'/0'/0";
export const MAX_ACCOUNTS = 16;
/** Outside every purpose registered in SLIP-44/BIP-43, so no other wallet derives these keys. */
const SIGNER_PURPOSE = 7777;
const GROUP_BITS = 31n;
const GROUPS = 6;

/** @param index 0 is the first account of every wallet, 1 the second … */
export function accountKey(seed: Uint8Array, index = 0): Key {
  return keyAt(seed, `${ACCOUNTS_PATH}/${index}`);
}

/**
 * m/7777'/device'/a'/b'/c'/d'/e'/f' where a…f are the payee's 160 bits in groups of 31 from the top
 * (the first holds 5 bits); accounts but the first add theirs at the end, so that two accounts of one seed never share
 * a signer, which would tie them together on chain. Hardened throughout: one signer tells nothing about another.
 */
export function channelSigner(seed: Uint8Array, device: number, payee: Address, account = 0): Key {
  return keyAt(seed, signerPath(device, payee, account));
}

export function signerPath(device: number, payee: Address, account = 0): string {
  const bits = BigInt(payee);
  const mask = (1n << GROUP_BITS) - 1n;
  const groups = Array.from({ length: GROUPS }, (_, i) => (bits >> (GROUP_BITS * BigInt(GROUPS - 1 - i))) & mask);
  const own = account === 0 ? '' : `/${account}'`;
  return `m/${SIGNER_PURPOSE}'/${device}'/${groups.map((group) => `${group}'`).join('/')}${own}`;
}

function keyAt(seed: Uint8Array, path: string): Key {
  const { privateKey } = HDKey.fromMasterSeed(seed).derive(path);
  if (!privateKey) throw new Error('derivation gave no private key');
  const hex = toHex(privateKey);
  return { privateKey: hex, address: address(privateKeyToAccount(hex).address) };
}
