/** ★ Both ends change their ports again and again under a thousand packets a second, and not one is lost. */
import { test } from 'vitest';
import { betweenHomes } from './rotations.ts';

// Both filter by port and one changes it too: what two plain port-restricted homes need is part of this. A hundred
// changes, for every kind of home, take long: the suites `rotation` and `kernel`.
test('two homes that filter by port: 50 changes of port, 0 packets lost', async () => {
  const options = {
    clientNat: 'portRestrictedHashed',
    providerNats: { de: 'portRestricted', jp: 'portRestricted' },
  } as const;
  await betweenHomes('portRestrictedHashed × portRestricted', options, {
    moves: 'both',
    changes: 50,
  });
}, 300_000);
