/** The published gas figures hold: one per cent over what was measured already fails. */
import { expect, test } from 'vitest';
import { benchLedger } from '../bench/ledger.ts';

test('a settled channel costs no more gas and calldata than published, in batches of 1, 10 and 100', async () => {
  const { gasPerChannel, calldataBytesPerChannel } = await benchLedger();
  expect(gasPerChannel['1']).toBeLessThanOrEqual(51_500);
  expect(gasPerChannel['10']).toBeLessThanOrEqual(16_600);
  expect(gasPerChannel['100']).toBeLessThanOrEqual(13_100);
  expect(calldataBytesPerChannel).toBeLessThanOrEqual(98);
});
