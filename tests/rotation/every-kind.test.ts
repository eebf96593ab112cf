/**
 * A hundred of the changes of port of tests/load, for a client in every kind of home that has a direct way, and
 * over the relay. One lab: the client's home changes its kind, and each time a new host starts in it. The
 * node's home is the strictest that theory allows: who can not be met again on a port that nobody has
 * announced (a hard NAT) needs a node that lets its address in on any.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { until } from '../e2e/wait.ts';
import { setNat } from '../lab/nat.ts';
import { NAT_KINDS, type NatKind, type NatName } from '../lab/nat-kinds.ts';
import { startPortMapper } from '../lab/port-mapper.ts';
import type { LabProcess } from '../lab/process.ts';
import { startNetd } from '../lab/scene.ts';
import { openRotationBench, type RotationBench, rotated } from '../load/rotations.ts';
import { type Driver, type DriverWorld, startDriver } from '../net/host-driver.ts';

const LIMIT_MS = 300_000;
const CHANGES = 100;
const NODES = { de: 'portRestricted', jp: 'addressRestricted' } as const;
type NodeName = keyof typeof NODES;

const DIRECT: readonly (readonly [NatName, NodeName])[] = [
  ['open', 'de'],
  ['oneToOne', 'de'],
  ['fullCone', 'de'],
  ['addressRestricted', 'de'],
  ['portRestricted', 'de'],
  ['portRestrictedHashed', 'de'],
  ['carrierEasy', 'de'],
  ['portRestrictedMapping', 'de'],
  ['symmetricMapping', 'de'],
  ['addressSymmetric', 'jp'],
  ['symmetric', 'jp'],
  ['symmetricSequential', 'jp'],
  ['carrierRandom', 'jp'],
];

let bench: RotationBench;
let driver: Driver | null = null;
let mapper: LabProcess | null = null;

beforeAll(async () => {
  bench = await openRotationBench({ providerNats: NODES });
}, 60_000);
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(driver?.host.snapshot());
  await driver?.disconnect().catch(() => {});
  driver?.close();
  driver = null;
  await mapper?.stop();
  mapper = null;
});
afterAll(() => bench?.scene.close());

async function become(kind: NatName): Promise<void> {
  const { lab, client } = bench.scene;
  await setNat(client.home, kind);
  const { mapsPorts }: NatKind = NAT_KINDS[kind];
  if (mapsPorts) mapper = await startPortMapper(lab, client.home);
  await lab.settle(client.home);
}

async function connect(node: NodeName, way: 'direct' | 'lan' | 'relay', world: DriverWorld = bench.scene) {
  const started = await startDriver(world);
  driver = started;
  await bench.scene.chain.give(started.account.address, { token: '5', coin: '1' });
  await started.connect([{ exitId: node, country: node.toUpperCase() }]);
  // A relay may carry first.
  await until(`the ${way} way`, () => started.host.exit(node)?.path?.kind === way, 30_000);
  const provider = bench.scene.providers[node];
  return { driver: started, namespace: world.client.home.host, exitId: node, provider };
}

test.each(DIRECT)(
  '%s, node %s: 100 changes of port, 0 packets lost',
  async (kind, node) => {
    await become(kind);
    const rotating = await connect(node, 'direct');
    await rotated(`${kind} × ${NODES[node]}`, bench, { ...rotating, moves: 'both', changes: CHANGES });
  },
  LIMIT_MS,
);

test('in one home with the node', { timeout: LIMIT_MS }, async () => {
  const { lab, client, providers } = bench.scene;
  const { home } = providers.de;
  expect(home.neighbourNamespace).not.toBeNull();
  const host = home.neighbourNamespace ?? '';
  const netd = await startNetd(lab, 'de-lan', host);
  const world: DriverWorld = {
    lab,
    // The last one counts.
    client: { ...client, home: { ...home, host }, hostArguments: [...client.hostArguments, '--netd', netd.socket] },
  };
  const rotating = await connect('de', 'lan', world);
  await rotated('same LAN', bench, { ...rotating, moves: 'both', changes: CHANGES });
});

test('over the relay, UDP blocked', { timeout: LIMIT_MS }, async () => {
  await become('udpBlocked');
  const rotating = await connect('de', 'relay');
  await rotated('udpBlocked × portRestricted', bench, { ...rotating, moves: 'node', changes: CHANGES });
});

test('over the relay, both hard', { timeout: LIMIT_MS }, async () => {
  const { home, restart } = bench.scene.providers.jp;
  await setNat(home, 'symmetric');
  await bench.scene.lab.settle(home);
  await restart();
  await become('symmetric');
  const rotating = await connect('jp', 'relay');
  await rotated('symmetric × symmetric', bench, { ...rotating, moves: 'node', changes: CHANGES });
});
