/** A node that raises its price: nothing is paid at the new one before the user has agreed, and nothing is dropped. */
import { parseEther } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Exit } from '../../shared/wire/native.ts';
import { createScene, type Scene } from '../lab/scene.ts';
import { type Driver, startDriver } from './host-driver.ts';

const RAISED = '0.0005';
const RAISED_WEI = parseEther(RAISED);

let scene: Scene;
let driver: Driver;
/** What the user says to a sheet with the raised price. */
let agreed = false;

beforeAll(async () => {
  scene = await createScene();
  driver = await startDriver(scene, { agrees: ({ pricePerMB }) => agreed || pricePerMB < RAISED_WEI });
  await scene.chain.give(driver.account.address, { token: '5', coin: '1' });
  await driver.connect([{ exitId: 'de', country: 'DE' }]);
}, 60_000);
afterAll(async () => {
  driver?.close();
  await scene?.close();
});

const exit = (): Exit => {
  const found = driver.host.exit('de');
  if (!found) throw new Error('no exit');
  return found;
};
const channelNeed = () => {
  const { need } = exit();
  return need?.kind === 'channel' ? need : null;
};

test('the new price is a new question: the deposit stays, and the old one is worth nothing to the node', async () => {
  const { de } = scene.providers;
  const old = exit().pricePerMB ?? 0n;
  expect(old).toBeLessThan(RAISED_WEI);
  expect(await driver.fetch('de', 'https://one.example/')).toContain(de.home.wan);
  await de.restart('--price-per-mb', RAISED);
  await driver.host.until('the question', () => channelNeed()?.pricePerMB === RAISED_WEI, 30_000);
  expect(channelNeed()).toMatchObject({ action: 'topUp' });
  expect(exit()).toMatchObject({ phase: 'funding', error: null });
  expect((await de.status()).sessions).toEqual([]);
  const balance = await scene.chain.tokenBalance(driver.account.address);
  expect(balance).toBeGreaterThan(0n);
});

test('a yes brings the exit back, and from then on the new price is what is paid', async () => {
  agreed = true;
  await driver.host.until('the exit is up', () => exit().phase === 'up', 30_000);
  expect(exit().pricePerMB).toBe(RAISED_WEI);
  await driver.fetch('de', 'https://one.example/20mb', ['-o', '/dev/null']);
  await driver.host.until('it is paid', () => exit().spentSession >= 20n * RAISED_WEI);
  expect(exit().spentSession).toBeLessThan(26n * RAISED_WEI);
});
