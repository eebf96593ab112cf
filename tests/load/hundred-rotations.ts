/** A session between two homes whose ports change a hundred times under a thousand packets a second. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { until } from '../e2e/wait.ts';
import type { NatName } from '../lab/nat-kinds.ts';
import { inNamespace } from '../lab/run.ts';
import { createScene, type Scene } from '../lab/scene.ts';
import { SERVERS } from '../lab/servers.ts';
import { type Driver, startDriver } from '../net/host-driver.ts';

const PROBE = 'tests/net/netd-programs/probe.ts';
const ECHO_PORT = 7777;
/** Seconds: as quick as the checks of a new port allow, so that a hundred fit into two minutes. */
const ROTATION = '0.6-1';
const ROTATIONS = 100;

async function tunnelAddress(home: string): Promise<string> {
  const shown = await inNamespace(home, 'ip', ['-4', '-o', 'address']);
  const [, address] = /wrn\S+\s+inet (\S+?)\//.exec(shown) ?? [];
  if (!address) throw new Error(`no tunnel in ${shown}`);
  return address;
}

export interface Rotated {
  readonly sent: number;
  readonly received: number;
  /** Packets a second. */
  readonly rate: number;
  /** How often each end changed its port. */
  readonly own: number;
  readonly theirs: number;
  /** `up` when all is well. */
  readonly phase: string | undefined;
}

export async function rotate(clientNat: NatName, providerNat: NatName): Promise<Rotated> {
  const providerNats = { de: providerNat, jp: 'portRestricted' } as const;
  const scene = await createScene({ clientNat, providerNats, rotation: ROTATION });
  let driver: Driver | null = null;
  try {
    driver = await startDriver(scene);
    return await flooded(scene, driver, `${clientNat} × ${providerNat}`);
  } finally {
    driver?.close();
    await scene.close();
  }
}

async function flooded(scene: Scene, driver: Driver, pair: string): Promise<Rotated> {
  const { lab, chain, client, providers } = scene;
  const { host } = driver;
  await chain.give(driver.account.address, { token: '5', coin: '1' });
  const echo = lab.startNode({
    name: 'echo',
    namespace: lab.inet,
    file: PROBE,
    args: ['serve', 'udp', String(ECHO_PORT), SERVERS.origins['two.example']],
  });
  await echo.prints(/listening/);
  await driver.connect([{ exitId: 'de', country: 'DE' }]);

  const flood = lab.startNode({
    name: 'flood',
    namespace: client.home.host,
    file: PROBE,
    args: ['flood-until', await tunnelAddress(client.home.host), SERVERS.origins['two.example'], String(ECHO_PORT)],
  });
  await flood.prints(/flooding/);
  const own = () => host.exit('de')?.rotation?.count ?? 0;
  const theirs = async () => (await providers.de.status()).reach.rotations;
  const before = own() + (await theirs());
  const changes = async () => own() + (await theirs()) - before;
  await until('a hundred changes of port', async () => (await changes()) > ROTATIONS, 200_000, 500);
  const counts = { own: own(), theirs: await theirs() };
  flood.child.kill('SIGTERM');
  const [text] = await flood.prints(/\{.*\}/);
  const { sent, received, ms, gaps } = JSON.parse(text ?? '');
  const rate = Math.round((1000 * sent) / ms);
  console.log(`${pair}: ${JSON.stringify({ ...counts, sent, received, rate, gaps })}`);
  if (received !== sent) console.log(readFileSync(client.hostLog, 'utf8').slice(-6_000), providers.de.process.tail());
  return { sent, received, rate, ...counts, phase: host.exit('de')?.phase };
}

export function nothingLost({ sent, received, rate, own, theirs, phase }: Rotated): void {
  expect(phase).toBe('up');
  expect(Math.min(own, theirs)).toBeGreaterThan(20);
  expect(rate).toBeGreaterThan(900);
  expect(received).toBe(sent);
}
