/** How large the packets of a tunnel are: as large as the way between two real homes carries, found out by both. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inNamespace } from '../lab/run.ts';
import { createScene, type Scene } from '../lab/scene.ts';
import { type Driver, startDriver } from '../net/host-driver.ts';

/** The search below a black hole takes three lost questions for each of three sizes. */
const PATIENCE = { timeout: 20_000, interval: 200 };

let scene: Scene;
let driver: Driver;

beforeAll(async () => {
  scene = await createScene({});
}, 60_000);
afterAll(async () => {
  driver?.close();
  await scene?.close();
});

/** Of the client's link, and of the node's route to this client. */
async function sizes(): Promise<{ readonly client: number; readonly node: number }> {
  const { client, providers } = scene;
  const link = await inNamespace(client.home.host, 'ip', ['-o', 'link']);
  const routes = await inNamespace(providers.de.home.host, 'ip', ['-4', 'route', 'show', 'table', 'all']);
  return {
    client: Number(/wrn\S+: .* mtu (\d+)/.exec(link)?.[1]),
    node: Number(/^100\.\S+ dev wrn.* mtu (\d+)/m.exec(routes)?.[1]),
  };
}

async function connect(): Promise<void> {
  driver = await startDriver(scene);
  await scene.chain.give(driver.account.address, { token: '5', coin: '1' });
  await driver.connect([{ exitId: 'de', country: 'DE' }]);
}
const download = () => driver.fetch('de', 'https://one.example/20mb', ['-o', '/dev/null', '--max-time', '60']);

test('over Ethernet all the way: 1420 in both directions', async () => {
  await connect();
  await expect.poll(sizes, PATIENCE).toEqual({ client: 1_420, node: 1_420 });
  await download();
});

test('where larger packets vanish without a word: what comes through, and no more', { timeout: 60_000 }, async () => {
  await driver.disconnect();
  driver.close();
  const { router } = scene.client.home;
  await inNamespace(router, 'ip', ['link', 'set', 'wan', 'mtu', '1400']);
  // Such homes live by their router's mending TCP; datagrams are on their own.
  const silence = `table ip silence {
    chain out { type filter hook output priority 0; icmp type destination-unreachable drop; }
    chain clamp { type filter hook forward priority 0; tcp flags syn tcp option maxseg size set rt mtu; }
  }\n`;
  await inNamespace(router, 'nft', ['-f', '-'], silence);
  await connect();
  await expect.poll(sizes, PATIENCE).toEqual({ client: 1_340, node: 1_340 });
  await download();
});
