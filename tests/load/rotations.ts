/**
 * A session whose ports change again and again under a thousand packets a second. Beside it as many packets
 * go through a bare tunnel, by which it is judged (judged.ts).
 */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { until } from '../e2e/wait.ts';
import { inNamespace } from '../lab/run.ts';
import { createScene, type Scene, type SceneOptions, type SceneProvider } from '../lab/scene.ts';
import { SERVERS } from '../lab/servers.ts';
import { type Driver, startDriver } from '../net/host-driver.ts';
import { type BareTunnel, openBareTunnel } from './bare-tunnel.ts';
import { startEcho, startFlow } from './flow.ts';
import { judged, lost, lostByUs } from './judged.ts';
import { overflows } from './overflow.ts';

/** Seconds: about as quick as the checks of a new port allow. */
const ROTATION = '0.3-0.5';
const ECHO = SERVERS.origins['two.example'];

export interface RotationBench {
  readonly scene: Scene;
  readonly bare: BareTunnel;
}

export async function openRotationBench(options: SceneOptions): Promise<RotationBench> {
  const scene = await createScene({ ...options, rotation: ROTATION });
  try {
    await startEcho(scene.lab, scene.lab.inet, ECHO);
    return { scene, bare: await openBareTunnel(scene.lab) };
  } catch (error) {
    await scene.close();
    throw error;
  }
}

export interface Rotating {
  readonly driver: Driver;
  /** Where the client's tunnel is. */
  readonly namespace: string;
  readonly exitId: string;
  readonly provider: SceneProvider;
  /** `node`: the client's own port is not in use where its relay is. */
  readonly moves: 'both' | 'node';
  readonly changes: number;
}

/** @throws where a packet was lost that the machine had room for. */
export async function rotated(what: string, bench: RotationBench, rotating: Rotating): Promise<void> {
  const { driver, exitId, provider, moves } = rotating;
  const run = await judged(() => rotate(bench, rotating));
  const { own, theirs, flow, bare, overflowed } = run;
  const exit = driver.host.exit(exitId);
  console.log(
    `${what}, ${exit?.path?.kind}: ${JSON.stringify({ own, theirs, ...flow, bare: lost(bare), overflowed })}`,
  );
  if (lostByUs(run) > 0)
    console.log(readFileSync(bench.scene.client.hostLog, 'utf8').slice(-6_000), provider.process.tail());
  expect(exit?.phase).toBe('up');
  expect(moves === 'both' ? Math.min(own, theirs) : theirs).toBeGreaterThan(20);
  expect(flow.rate).toBeGreaterThan(900);
  expect(lostByUs(run)).toBe(0);
}

async function rotate({ scene, bare }: RotationBench, rotating: Rotating) {
  const { driver, namespace, exitId, provider } = rotating;
  const own = () => driver.host.exit(exitId)?.rotation?.count ?? 0;
  const theirs = async () => (await provider.status()).reach.rotations;
  const before = { own: own(), theirs: await theirs() };
  // The control is there before and after.
  const control = await bare.startFlow();
  const namespaces = [namespace, provider.home.host, scene.lab.inet];
  const dropped = await overflows(namespaces);
  const flow = await startFlow(scene.lab, namespace, await tunnelAddress(namespace), ECHO);
  const counts = async () => ({ own: own() - before.own, theirs: (await theirs()) - before.theirs });
  const changes = async () => Object.values(await counts()).reduce((sum, count) => sum + count, 0);
  await until('so many changes of port', async () => (await changes()) > rotating.changes, 200_000, 500);
  const changed = await counts();
  const ended = { flow: await flow.end(), bare: await control.end() };
  return { ...changed, ...ended, overflowed: (await overflows(namespaces)) - dropped };
}

export async function tunnelAddress(namespace: string): Promise<string> {
  const shown = await inNamespace(namespace, 'ip', ['-4', '-o', 'address']);
  const [, address] = /wrn\S+\s+inet (\S+?)\//.exec(shown) ?? [];
  if (!address) throw new Error(`no tunnel in ${shown}`);
  return address;
}

/** Between two homes of a lab of their own. */
export async function betweenHomes(
  what: string,
  options: SceneOptions,
  { moves, changes }: Pick<Rotating, 'moves' | 'changes'>,
): Promise<void> {
  const bench = await openRotationBench(options);
  const { scene } = bench;
  let driver: Driver | null = null;
  try {
    driver = await startDriver(scene);
    await scene.chain.give(driver.account.address, { token: '5', coin: '1' });
    await driver.connect([{ exitId: 'de', country: 'DE' }]);
    const [namespace, provider] = [scene.client.home.host, scene.providers.de];
    await rotated(what, bench, { driver, namespace, exitId: 'de', provider, moves, changes });
  } finally {
    driver?.close();
    await scene.close();
  }
}
