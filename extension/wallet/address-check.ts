/** Is this the address that the user means? EIP-55, the network's own contracts, and look-alikes. Pure. */
import { getAddress } from 'viem';
import { type Address, address, isAddress } from '../../shared/base/units.ts';

export type AddressProblem = 'form' | 'checksum' | 'own' | 'zero' | 'contract';
export interface CheckedAddress {
  readonly address: Address;
  /** False for an address in one case only: it has no checksum, so a wrong letter would not be noticed. */
  readonly checksummed: boolean;
  /** An address known from before that this one only resembles: what address poisoning counts on. */
  readonly resembles: Address | null;
  /** Tokens were sent there before, by this wallet. */
  readonly known: boolean;
}
export interface AddressFacts {
  readonly own: Address | null;
  readonly contracts: readonly Address[];
  /** Everybody this wallet sent to. */
  readonly sentTo: readonly Address[];
  /** Everybody else that history names. */
  readonly seen: readonly Address[];
}

const ZERO = `0x${'0'.repeat(40)}`;
/** Hex digits at each end that people compare; poisoners make theirs alike. */
const COMPARED = 4;

export function checkAddress(typed: string, facts: AddressFacts): CheckedAddress | AddressProblem {
  const text = typed.trim();
  if (!isAddress(text)) return 'form';
  const digits = text.slice(2);
  const checksummed = digits !== digits.toLowerCase() && digits !== digits.toUpperCase();
  if (checksummed && getAddress(text) !== text) return 'checksum';
  const checked = address(text);
  if (checked === ZERO) return 'zero';
  if (checked === facts.own) return 'own';
  if (facts.contracts.includes(checked)) return 'contract';
  const known = facts.sentTo.includes(checked);
  const others = [...facts.sentTo, ...facts.seen, ...(facts.own ? [facts.own] : [])];
  const resembles = known ? null : (others.find((other) => other !== checked && alike(other, checked)) ?? null);
  return { address: checked, checksummed, resembles, known };
}

/** Whole, with its checksum, in groups of four that the eye can compare. */
export function addressGroups(of: Address): string[] {
  const whole = getAddress(of);
  return ['0x', ...(whole.slice(2).match(/.{4}/g) ?? [])];
}

function alike(a: Address, b: Address): boolean {
  const head = 2 + COMPARED;
  return a.slice(0, head) === b.slice(0, head) && a.slice(-COMPARED) === b.slice(-COMPARED);
}
