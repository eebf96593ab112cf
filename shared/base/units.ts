/** Units in the types: a number of bytes can not be passed where milliseconds are wanted. */

declare const unit: unique symbol;
type Branded<T, U extends string> = T & { readonly [unit]: U };

/** Smallest unit of the token (MYST has 18 decimals). Never a float. */
export type Wei = bigint;
/** A count of payload bytes as WireGuard's counters see them. */
export type ByteCount = number;
/** Milliseconds: durations, or epoch time where the name ends in `At`. */
export type Ms = number;
/** 20-byte account address, lower case, 0x-prefixed. */
export type Address = Branded<`0x${string}`, 'address'>;
/** `did:ethr:<chainId>:<address>` (DID Core; ERC-1056). */
export type Did = Branded<string, 'did'>;

/** What "per megabyte" means everywhere in Warren: prices, proofs and the gate count in this unit. */
export const MEGABYTE: ByteCount = 1_000_000;

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const DID = /^did:ethr:(\d{1,10}):(0x[0-9a-fA-F]{40})$/;

export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/** @throws RangeError when the text is no 20-byte hex address. */
export function address(text: string): Address {
  if (!ADDRESS.test(text)) throw new RangeError(`not an address: ${text.slice(0, 64)}`);
  return text.toLowerCase() as Address;
}

export function didOf(chainId: number, account: Address): Did {
  return `did:ethr:${chainId}:${account}` as Did;
}

/** @throws RangeError when the text is no did:ethr with a decimal chain id. */
export function parseDid(text: string): { readonly did: Did; readonly chainId: number; readonly address: Address } {
  const match = DID.exec(text);
  if (!match) throw new RangeError(`not a did:ethr: ${text.slice(0, 80)}`);
  const account = address(match[2] as string);
  const chainId = Number(match[1]);
  return { did: didOf(chainId, account), chainId, address: account };
}

export function larger(a: Wei, b: Wei): Wei {
  return a > b ? a : b;
}

export function smaller(a: Wei, b: Wei): Wei {
  return a > b ? b : a;
}
