/** ★ Both ends change their ports again and again under a thousand packets a second, and not one is lost. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
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

let scene: Scene | null = null;
let driver: Driver | null = null;

afterEach(async () => {
  driver?.close();
  await scene?.close();
});

async function tunnelAddress(home: string): Promise<string> {
  const shown = await inNamespace(home, 'ip', ['-4', '-o', 'address']);
  const [, address] = /wrn\S+\s+inet (\S+?)\//.exec(shown) ?? [];
  if (!address) throw new Error(`no tunnel in ${shown}`);
  return address;
}

test.each<[NatName, NatName]>([
  // Both filter by port and one changes it too: what two plain port-restricted homes need is part of this.
  ['portRestrictedHashed', 'portRestricted'],
  ['symmetric', 'open'],
])(
  'client %s, provider %s: 100 changes of port, 0 packets lost',
  async (clientNat, providerNat) => {
    scene = await createScene({
      clientNat,
      providerNats: { de: providerNat, jp: 'portRestricted' },
      rotation: ROTATION,
    });
    driver = await startDriver(scene);
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
    await expect
      .poll(async () => own() + (await theirs()) - before, { timeout: 200_000, interval: 500 })
      .toBeGreaterThan(ROTATIONS);
    const counts = { own: own(), theirs: await theirs() };
    flood.child.kill('SIGTERM');
    const [text] = await flood.prints(/\{.*\}/);
    const { sent, received, ms, gaps } = JSON.parse(text ?? '');
    const rate = Math.round((1000 * sent) / ms);
    console.log(`${clientNat} × ${providerNat}: ${JSON.stringify({ ...counts, sent, received, rate, gaps })}`);
    if (received !== sent) console.log(readFileSync(client.hostLog, 'utf8').slice(-6_000), providers.de.process.tail());
    expect(host.exit('de')?.phase).toBe('up');
    expect(Math.min(counts.own, counts.theirs)).toBeGreaterThan(20);
    expect(rate).toBeGreaterThan(900);
    expect(received).toBe(sent);
  },
  300_000,
);
