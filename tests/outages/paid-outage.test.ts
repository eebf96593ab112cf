/**
 * What was to be paid when the network went away is paid as soon as it is back: TCP itself says it again only after as
 * long as the silence lasted, and a node gives one megabyte on credit.
 */
import { existsSync, statSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../e2e/wait.ts';
import { LIMIT_MS, OutageBench } from './bench.ts';

/** Much more than the credit. */
const ENOUGH_BYTES = 6_000_000;

let bench: OutageBench;
beforeAll(async () => {
  bench = await OutageBench.create();
}, 60_000);
afterAll(() => bench?.close());

/** Resolves when so much of a download has arrived. */
async function arrives(file: string, bytes: number, rate: string): Promise<void> {
  const args = ['--limit-rate', rate, '--max-time', '100', '-o', file];
  bench.driver.fetch('de', 'https://one.example/20mb', args).catch(() => {});
  await until('it arrives', async () => existsSync(file) && statSync(file).size >= bytes, 60_000);
}

test.each([3_000, 6_500, 13_000])(
  'megabytes flow again soon after %d ms without a network',
  async (ms) => {
    const folder = bench.scene.lab.runtimeFolder('paid');
    await arrives(`${folder}/before-${ms}`, 1_000_000, '1500k');
    const restored = await bench.renumber('90.54.12.7', ms);
    await bench.pulse.backAfter(restored);
    await arrives(`${folder}/after-${ms}`, ENOUGH_BYTES, '100M');
    const took = Date.now() - restored;
    console.log(`${ms} ms without a network: ${ENOUGH_BYTES} bytes of a new download ${took} ms after it`);
    expect(took).toBeLessThan(LIMIT_MS + 1_000);
  },
  120_000,
);
