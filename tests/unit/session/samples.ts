/** Nodes, channels and wants for the session machine's tests. */
import { address, didOf } from '../../../shared/base/units.ts';
import type { ChannelOnChain } from '../../../shared/effects.ts';
import type { ExitWant } from '../../../shared/wire/native.ts';
import type { FoundProposal } from '../../../shared/wire/proposal.ts';

export const ME = address(`0x${'aa'.repeat(20)}`);
export const SIGNER = address(`0x${'bb'.repeat(20)}`);
export const WANT: ExitWant = { exitId: 'x' };

export function node(number: number, country = 'DE', pricePerMB = 10n ** 14n): FoundProposal {
  const payee = address(`0x${number.toString(16).padStart(40, '0')}`);
  return {
    key: number.toString(16).padStart(64, '0'),
    publishedAtSec: 1,
    expiresAtSec: 2_000,
    proposal: {
      version: 1,
      did: didOf(31_337, payee),
      payee,
      country,
      asn: 3320,
      network: 'Deutsche Telekom AG',
      residential: true,
      pricePerMB,
      minDeposit: 10n ** 16n,
      minGraceMinutes: 60,
      capacityMbps: 100,
      chainId: 31_337,
      channels: address(`0x${'cc'.repeat(20)}`),
      token: address(`0x${'dd'.repeat(20)}`),
    },
  };
}

export function channelOf(deposit: bigint): ChannelOnChain {
  return { exists: deposit > 0n, deposit, claimed: 0n, closeAt: 0, graceMinutes: 1_440, epoch: 0 };
}
