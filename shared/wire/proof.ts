/**
 * Payment proofs: EIP-712 digests exactly as HermeChannels computes them, and their binary form.
 * Pure bytes, for Node and the browser; it must not sign, recover or know any key.
 */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat, fromHex, type Hex, toHex, utf8 } from '../base/bytes.ts';
import { WarrenError } from '../base/errors.ts';
import type { Address, Wei } from '../base/units.ts';

/** What binds a proof to one chain and one contract (EIP-712 `verifyingContract`). */
export interface ProofDomain {
  readonly chainId: number;
  readonly channels: Address;
}

/** EIP-712 `Proof`: the signer is not in it, it is whom the signature recovers to. */
export interface ProofMessage {
  readonly payer: Address;
  readonly payee: Address;
  /** Token wei over the life of the channel. */
  readonly cumulative: Wei;
}

/** EIP-712 `Close`: the payee agrees to an immediate refund, once (epoch), until the deadline. */
export interface CloseMessage {
  readonly channelId: Hex;
  readonly epoch: number;
  readonly claimed: Wei;
  /** Unix seconds. */
  readonly deadline: number;
}

/**
 * EIP-712 `Open`: the payer agrees that anybody may open this channel out of its tokens (`openFor`), once (nonce), until
 * the deadline. What each field means, and the warnings: `IHermeChannels.Open`.
 */
export interface OpenMessage {
  readonly payer: Address;
  readonly payee: Address;
  readonly signer: Address;
  /** What arrives in the channel, at most 88 bits. */
  readonly amount: Wei;
  /** Minutes. */
  readonly grace: number;
  /** Any of 256 bits not used before by this payer; the same again for the next relayer. */
  readonly nonce: bigint;
  /** Unix seconds; the permit's deadline too. */
  readonly deadline: number;
  /** Who receives the fee, whoever submits. */
  readonly relayer: Address;
  /** Most that the relayer may take beside the amount; the permit is of exactly `amount + maxFee`. */
  readonly maxFee: Wei;
}

export const MAX_CUMULATIVE: Wei = 2n ** 96n - 1n;
export const SIGNATURE_BYTES = 64;
export const PROOF_BYTES = 78;
const PROOF_VERSION = 1;
const PROOF_TYPE = 1;

const DOMAIN_TYPE = typeHash('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)');
const PROOF_TYPE_HASH = typeHash('Proof(address payer,address payee,uint96 cumulative)');
const CLOSE_TYPE_HASH = typeHash('Close(bytes32 channelId,uint24 epoch,uint88 claimed,uint64 deadline)');
const OPEN_TYPE_HASH = typeHash(
  'Open(address payer,address payee,address signer,uint88 amount,uint16 grace,uint256 nonce,uint64 deadline,address relayer,uint88 maxFee)',
);
const NAME_HASH = typeHash('HermeChannels');
const VERSION_HASH = typeHash('1');

/** Providers meet one domain, clients a handful: the cache is dropped whole rather than grown without end. */
const separators = new Map<string, Uint8Array>();
const MAX_CACHED_DOMAINS = 16;

/** EIP-712 domain separator of {name: "HermeChannels", version: "1", chainId, verifyingContract}; do not write to it. */
export function domainSeparator(domain: ProofDomain): Uint8Array {
  const key = `${domain.chainId}:${domain.channels}`;
  const known = separators.get(key);
  if (known) return known;
  const separator = keccak_256(
    concat(DOMAIN_TYPE, NAME_HASH, VERSION_HASH, word(BigInt(domain.chainId)), addressWord(domain.channels)),
  );
  if (separators.size >= MAX_CACHED_DOMAINS) separators.clear();
  separators.set(key, separator);
  return separator;
}

/**
 * The 32 bytes that the channel's signer signs.
 * @throws WarrenError proof_invalid when the amount does not fit 96 bits.
 */
export function proofDigest(domain: ProofDomain, proof: ProofMessage): Uint8Array {
  const struct = new Uint8Array(128);
  struct.set(PROOF_TYPE_HASH, 0);
  struct.set(fromHex(proof.payer), 44);
  struct.set(fromHex(proof.payee), 76);
  struct.set(amountBytes(proof.cumulative), 116);
  return typedDigest(domain, struct);
}

/** The 32 bytes that the payee signs to agree to `closeWithSig`. */
export function closeDigest(domain: ProofDomain, close: CloseMessage): Uint8Array {
  const id = fromHex(close.channelId);
  if (id.length !== 32) throw new RangeError('a channel id has 32 bytes');
  return typedDigest(
    domain,
    concat(CLOSE_TYPE_HASH, id, word(BigInt(close.epoch)), word(close.claimed), word(BigInt(close.deadline))),
  );
}

/**
 * The 32 bytes that the payer signs for `openFor`.
 * @throws RangeError when a number does not fit its field: the contract could not be handed such an `Open`.
 */
export function openDigest(domain: ProofDomain, open: OpenMessage): Uint8Array {
  return typedDigest(
    domain,
    concat(
      OPEN_TYPE_HASH,
      addressWord(open.payer),
      addressWord(open.payee),
      addressWord(open.signer),
      uintWord(open.amount, 88),
      uintWord(BigInt(open.grace), 16),
      uintWord(open.nonce, 256),
      uintWord(BigInt(open.deadline), 64),
      addressWord(open.relayer),
      uintWord(open.maxFee, 88),
    ),
  );
}

/** keccak256(abi.encode(payer, signer, payee)), as `HermeChannels.idOf`. */
export function channelId(parties: {
  readonly payer: Address;
  readonly signer: Address;
  readonly payee: Address;
}): Hex {
  return toHex(keccak_256(concat(addressWord(parties.payer), addressWord(parties.signer), addressWord(parties.payee))));
}

/** The three words of one item of `claim`: `payer << 96 | cumulative`, r, vs. */
export function proofItem(
  payer: Address,
  proof: { readonly cumulative: Wei; readonly signature: Uint8Array },
): { payerAndAmount: bigint; r: Hex; vs: Hex } {
  if (proof.signature.length !== SIGNATURE_BYTES) throw invalid('The signature does not have 64 bytes.');
  amountBytes(proof.cumulative);
  return {
    payerAndAmount: (BigInt(payer) << 96n) | proof.cumulative,
    r: toHex(proof.signature.subarray(0, 32)),
    vs: toHex(proof.signature.subarray(32)),
  };
}

/** EIP-2098: parity of R.y in the top bit of the second word, s (low half of the order) below it. */
export function encodeSignature(signature: { r: Uint8Array; s: Uint8Array; yParity: 0 | 1 }): Uint8Array {
  const { r, s, yParity } = signature;
  if (r.length !== 32 || s.length !== 32) throw new RangeError('r and s have 32 bytes each');
  if (((s[0] as number) & 0x80) !== 0) throw new RangeError('s is in the high half of the order');
  const out = concat(r, s);
  out[32] = (out[32] as number) | (yParity << 7);
  return out;
}

/** @throws WarrenError proof_invalid when there are not 64 bytes. Whether s is low is for the recovery to check. */
export function decodeSignature(compact: Uint8Array): { r: Uint8Array; s: Uint8Array; yParity: 0 | 1 } {
  if (compact.length !== SIGNATURE_BYTES) throw invalid('The signature does not have 64 bytes.');
  const s = compact.slice(32);
  const yParity = ((s[0] as number) >> 7) as 0 | 1;
  s[0] = (s[0] as number) & 0x7f;
  return { r: compact.slice(0, 32), s, yParity };
}

/** 78 bytes: version (1), type (1), cumulative (12, big-endian), EIP-2098 signature (64). */
export function encodeProof(proof: { readonly cumulative: Wei; readonly signature: Uint8Array }): Uint8Array {
  if (proof.signature.length !== SIGNATURE_BYTES) throw invalid('The signature does not have 64 bytes.');
  return concat(Uint8Array.of(PROOF_VERSION, PROOF_TYPE), amountBytes(proof.cumulative), proof.signature);
}

/** @throws WarrenError proof_invalid on any other length, version or type. The signature is not checked here. */
export function decodeProof(bytes: Uint8Array): { readonly cumulative: Wei; readonly signature: Uint8Array } {
  if (bytes.length !== PROOF_BYTES) throw invalid(`A proof has ${PROOF_BYTES} bytes, this one ${bytes.length}.`);
  if (bytes[0] !== PROOF_VERSION || bytes[1] !== PROOF_TYPE)
    throw invalid('The proof is of an unknown version or type.');
  return { cumulative: BigInt(toHex(bytes.subarray(2, 14))), signature: bytes.slice(14) };
}

function typedDigest(domain: ProofDomain, struct: Uint8Array): Uint8Array {
  const preimage = new Uint8Array(66);
  preimage[0] = 0x19;
  preimage[1] = 0x01;
  preimage.set(domainSeparator(domain), 2);
  preimage.set(keccak_256(struct), 34);
  return keccak_256(preimage);
}

function typeHash(text: string): Uint8Array {
  return keccak_256(utf8(text));
}

function word(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0'));
}

function uintWord(value: bigint, bits: number): Uint8Array {
  if (value < 0n || value >> BigInt(bits) !== 0n) throw new RangeError(`a number does not fit uint${bits}`);
  return word(value);
}

function addressWord(account: Address): Uint8Array {
  return fromHex(account.slice(2).padStart(64, '0'));
}

function amountBytes(cumulative: Wei): Uint8Array {
  if (cumulative < 0n || cumulative > MAX_CUMULATIVE) throw invalid('The amount does not fit 96 bits.');
  return fromHex(cumulative.toString(16).padStart(24, '0'));
}

function invalid(message: string): WarrenError {
  return new WarrenError('proof_invalid', message, 'Update Warren on both sides and connect again.');
}
