/** A valid proposal to vary from. */
import { address, didOf } from '../../shared/base/units.ts';
import type { Proposal } from '../../shared/wire/proposal.ts';

const account = (digit: string) => address(`0x${digit.repeat(40)}`);

export function sampleProposal(change: Partial<Proposal> = {}): Proposal {
  return {
    version: 1,
    did: didOf(31337, account('a')),
    payee: account('a'),
    country: 'DE',
    city: 'Berlin',
    asn: 3320,
    network: 'Deutsche Telekom AG',
    residential: true,
    pricePerMB: 1_000_000_000_000_000n,
    minDeposit: 5_000_000_000_000_000_000n,
    minGraceMinutes: 60,
    capacityMbps: 100,
    chainId: 31337,
    channels: account('b'),
    token: account('c'),
    ...change,
  };
}
