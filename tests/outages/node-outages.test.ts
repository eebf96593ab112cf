/**
 * The node's own network changes under a connected client: traffic flows again within two seconds of it, in the same
 * session. No connection through the node lasts through that: the far end sees another address.
 */
import { afterAll, afterEach, beforeAll, test } from 'vitest';
import { OutageBench, passUdp } from './bench.ts';

let bench: OutageBench;
beforeAll(async () => {
  bench = await OutageBench.create();
}, 60_000);
afterEach(({ task }) => {
  if (task.result?.state === 'fail') bench.tell();
});
afterAll(() => bench?.close());

const home = () => bench.scene.providers.de.home;

test("the node's router starts again, and the world sees the node elsewhere", async () => {
  await bench.flowsAgain("node's router restart", await bench.renumber('84.130.44.90', 5_000, home()));
});

test("the node's router is elsewhere from one moment to the next, and nobody says so", async () => {
  await bench.flowsAgain("node's sudden address", await bench.renumber('84.130.44.91', 0, home()));
});

/** What the client said while the node was not to be reached is lost, and must hold up nothing that it says now. */
test('the client gets no datagram through a moment after the node was elsewhere', { timeout: 120_000 }, async () => {
  const { scene, driver } = bench;
  await bench.flowsAgain("node's sudden address", await bench.renumber('84.130.44.92', 0, home()));
  await bench.overStream();
  await passUdp(scene.client.home);
  await driver.host.until('the direct way', () => bench.exit.path?.kind === 'direct', 65_000);
  bench.sameSession();
});

test('the client is elsewhere a moment after the node was', async () => {
  await bench.flowsAgain("node's sudden address", await bench.renumber('84.130.44.93', 0, home()));
  await bench.flowsAgain("client's sudden address", await bench.renumber('90.54.12.91', 0));
});
