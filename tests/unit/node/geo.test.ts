import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookup } from '../../../shared/node/geo.ts';
import { isHosting } from '../../../shared/node/geo-hosting.ts';

describe('looking an address up', () => {
  it.each([
    ['84.130.1.1', 'DE', 3320, true],
    ['84.128.0.0', 'DE', 3320, true],
    ['84.191.255.255', 'DE', 3320, true],
    ['126.10.2.3', 'JP', 17676, true],
    ['90.3.4.5', 'FR', 3215, true],
    ['5.9.1.1', 'DE', 24940, false],
    ['8.8.8.8', 'US', 15169, false],
    ['2003:c0::1', 'DE', 3320, true],
    ['2a01:4f8::1', 'DE', 24940, false],
  ])('finds %s in %s, AS%i, residential: %s', (address, country, asn, residential) => {
    expect(lookup(address)).toMatchObject({ country, asn, residential });
  });

  it.each(['192.168.1.1', '10.0.0.1', '100.64.0.1', '::1', 'fe80::1%eth0', '::ffff:8.8.8.8', '', 'example.org'])(
    'knows nothing of %j',
    (address) => expect(lookup(address)).toBeNull(),
  );

  it('never throws, whatever the address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (text) => void lookup(text)),
      { numRuns: 300 },
    );
  });
});

describe('telling servers from homes by the name of the network', () => {
  it.each(['DigitalOcean, LLC', 'Hetzner Online GmbH', 'UK Dedicated Servers Limited', 'FDCservers.net', 'Bunny CDN'])(
    'calls %s hosting',
    (name) => expect(isHosting(null, name)).toBe(true),
  );
  it.each(['Deutsche Telekom AG', 'SoftBank Corp.', 'Orange S.A.', 'Comcast Cable Communications, LLC', 'Free SAS'])(
    'calls %s residential',
    (name) => expect(isHosting(null, name)).toBe(false),
  );
});
