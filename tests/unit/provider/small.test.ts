import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { forbiddenPrefixes } from '../../../provider/forbidden.ts';
import { isGone, type Signs } from '../../../provider/liveness.ts';
import { createLog } from '../../../provider/log.ts';
import { keepOffer, proposalOf } from '../../../provider/offer.ts';
import { Rate } from '../../../provider/rate.ts';
import { parseConfig } from '../../../provider/settings/parse.ts';
import { address, didOf } from '../../../shared/base/units.ts';
import type { Directory } from '../../../shared/effects.ts';
import type { NetworkProfile } from '../../../shared/wire/network.ts';
import type { Proposal } from '../../../shared/wire/proposal.ts';
import { createFakeClock } from '../../fakes/clock.ts';

const nic = (cidr: string, internal = false): NetworkInterfaceInfo =>
  ({
    address: cidr.split('/')[0],
    cidr,
    internal,
    family: cidr.includes(':') ? 'IPv6' : 'IPv4',
  }) as NetworkInterfaceInfo;

describe('what clients may not reach', () => {
  it('is this machine, its LANs, all of its IPv6 delegation, its public address and what the operator names', () => {
    const found = forbiddenPrefixes(
      { eth0: [nic('192.168.2.2/24'), nic('2003:e1::5/64')], lo: [nic('127.0.0.1/8', true)] },
      ['84.130.44.21'],
      ['203.0.114.0/24'],
    );
    expect(found.sort()).toEqual(
      ['192.168.2.2', '192.168.2.2/24', '2003:e1::5', '2003:e1::/56', '203.0.114.0/24', '84.130.44.21'].sort(),
    );
  });

  it('leaves our own tunnels out, and takes no prefix that is the internet', () => {
    expect(forbiddenPrefixes({ wrn0a1b2c: [nic('100.64.0.1/10')], ppp0: [nic('84.130.44.21/0')] }, [], [])).toEqual([
      '84.130.44.21',
    ]);
  });
});

describe('when a client is gone', () => {
  const alive: Signs = { establishedAt: 0, shookHands: true, receivedAt: 100_000, pathLost: false, control: true };

  it('not while WireGuard hears from it', () => {
    expect(isGone({ ...alive, pathLost: true, control: false }, 110_000)).toBeNull();
  });
  it('not while it is idle on a living path', () => {
    expect(isGone({ ...alive, control: false }, 140_000)).toBeNull();
  });
  it('after 30 s of silence without path and control connection', () => {
    expect(isGone({ ...alive, pathLost: true, control: false }, 130_000)).toBe('path lost');
  });
  it('after two missed keepalives, whatever TCP believes', () => {
    expect(isGone(alive, 165_000)).toBe('silent');
  });
  it('when WireGuard never came up', () => {
    expect(isGone({ ...alive, shookHands: false, receivedAt: 0 }, 30_000)).toBe('WireGuard never came up');
  });
});

describe('the rate shown for a session', () => {
  it('is that of the last second or so', () => {
    const rate = new Rate(0);
    for (let at = 200; at <= 10_000; at += 200)
      rate.sample({ rxBytes: at * 10, txBytes: at > 9_000 ? (at - 9_000) * 100 : 0 }, at);
    const { rxRate, txRate } = rate.current(10_000);
    expect(rxRate).toBeCloseTo(10_000, -2);
    expect(txRate).toBeGreaterThan(50_000);
  });
  it('falls to nothing when the counters stand still', () => {
    const rate = new Rate(0);
    rate.sample({ rxBytes: 5_000, txBytes: 0 }, 1_000);
    for (let at = 1_200; at < 5_000; at += 200) rate.sample({ rxBytes: 5_000, txBytes: 0 }, at);
    expect(rate.current(5_000)).toEqual({ rxRate: 0, txRate: 0 });
  });
});

const ACCOUNT = address(`0x${'ab'.repeat(20)}`);
const profile = { chainId: 31337, channels: ACCOUNT, token: ACCOUNT } as NetworkProfile;
const facts = (settings: object, geo: Parameters<typeof proposalOf>[0]['geo']) => ({
  did: didOf(31337, ACCOUNT),
  payee: ACCOUNT,
  pricePerMB: 5n,
  minDeposit: 6n,
  config: parseConfig({ network: 'n', keystore: 'k', ...settings }),
  profile,
  geo,
});
const TELEKOM = { country: 'DE', asn: 3320, network: 'Deutsche Telekom AG', residential: true };

describe('the offer', () => {
  it('says what the tables say, whatever the operator claims', () => {
    const offer = proposalOf(facts({ country: 'JP', residential: true }, { ...TELEKOM, residential: false }));
    expect(offer).toMatchObject({ country: 'DE', asn: 3320, residential: false });
  });

  it("rests on the operator's word where the tables know nothing", () => {
    expect(proposalOf(facts({ country: 'JP', city: 'Kyoto' }, null))).toMatchObject({
      country: 'JP',
      city: 'Kyoto',
      asn: null,
      residential: false,
    });
  });

  it('is not made without a country', () => {
    expect(() => proposalOf(facts({}, null))).toThrow('country');
  });

  it('is published, renewed at half of its life, tried again soon when no relay took it, and withdrawn', async () => {
    const clock = createFakeClock();
    const log: string[] = [];
    let accepted = 0;
    const directory = {
      publish: async () => {
        log.push('publish');
        return { accepted, refusals: [] };
      },
      withdraw: async () => void log.push('withdraw'),
    } as Partial<Directory> as Directory;
    const offer = keepOffer(directory, clock, createLog('silent'));
    await offer.publish(proposalOf(facts({}, TELEKOM)) satisfies Proposal);
    expect(offer.accepted).toBe(0);
    accepted = 2;
    clock.advance(5_000);
    await Promise.resolve();
    await Promise.resolve();
    expect([log.length, offer.accepted]).toEqual([2, 2]);
    clock.advance(899_999);
    expect(log).toHaveLength(2);
    clock.advance(1);
    expect(log).toHaveLength(3);
    await offer.withdraw();
    clock.advance(3_600_000);
    expect(log.at(-1)).toBe('withdraw');
  });
});
