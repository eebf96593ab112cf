/** The published gas figures hold, and no function gets dearer, or cheaper, unnoticed. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { benchLedger } from '../bench/ledger.ts';
import { GAS_FILE, gasOfFunctions } from '../bench/ledger-functions.ts';

test('a settled channel costs no more gas and calldata than published, in batches of 1, 10 and 100', async () => {
  const { gasPerChannel, calldataBytesPerChannel } = await benchLedger();
  expect(gasPerChannel['1']).toBeLessThanOrEqual(51_500);
  expect(gasPerChannel['10']).toBeLessThanOrEqual(16_600);
  expect(gasPerChannel['100']).toBeLessThanOrEqual(13_100);
  expect(calldataBytesPerChannel).toBeLessThanOrEqual(98);
});

describe('contracts/gas.json', () => {
  const snapshot = JSON.parse(readFileSync(GAS_FILE, 'utf8')) as Record<string, number>;
  let measured: Readonly<Record<string, number>> = {};
  beforeAll(async () => {
    measured = await gasOfFunctions();
  });

  test('names the functions that were measured', () => {
    expect(Object.keys(snapshot)).toEqual(Object.keys(measured));
  });

  test.each(Object.entries(snapshot))('%s takes %i gas, give or take one per cent', (name, gas) => {
    const now = measured[name] ?? Number.NaN;
    const said = `${name} takes ${now} now; if that is meant: npm run contracts:gas`;
    expect(Math.abs(now - gas), said).toBeLessThanOrEqual(gas / 100);
  });
});
