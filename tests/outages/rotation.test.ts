/** The hundred changes of port of tests/load, between homes of the other kinds. */
import { test } from 'vitest';
import type { NatName } from '../lab/nat-kinds.ts';
import { nothingLost, rotate } from '../load/hundred-rotations.ts';

test.each<[NatName, NatName]>([['symmetric', 'open']])(
  'client %s, provider %s: 100 changes of port, 0 packets lost',
  async (client, provider) => nothingLost(await rotate(client, provider)),
  300_000,
);
