/** A hundred of the changes of port of tests/load, where neither home has IPv4. */
import { test } from 'vitest';
import { betweenHomes } from '../load/rotations.ts';

test('IPv6 only: 100 changes of port, 0 packets lost', async () => {
  const providerNats = { de: 'portRestricted', jp: 'ipv6Only' } as const;
  await betweenHomes(
    'ipv6Only × ipv6',
    { family: 6, clientNat: 'ipv6Only', providerNats },
    { moves: 'both', changes: 100 },
  );
}, 300_000);
