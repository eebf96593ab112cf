/** The lab is what the other tests stand on: its routers are held to their claims by an outside judge. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Classified } from '../lab/classify.ts';
import type { Home } from '../lab/home.ts';
import { knownIds } from '../lab/identity.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { addLatency } from '../lab/latency.ts';
import { setNat } from '../lab/nat.ts';
import { NAT_KINDS, type NatName } from '../lab/nat-kinds.ts';
import { startPortMapper } from '../lab/port-mapper.ts';
import { inNamespace } from '../lab/run.ts';
import { SERVERS, SERVERS6 } from '../lab/servers.ts';
import { STRANGER_PORT } from '../lab/stranger.ts';
import { startTurn } from '../lab/turn.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await createLab({
    homes: [
      { name: 'a', wan: '90.54.12.7', lan: 1, nat: 'portRestricted', neighbour: true },
      { name: 'b', wan: '84.130.44.21', lan: 2, nat: 'portRestricted' },
      { name: 'six', wan: '126.77.8.33', lan: 3, nat: 'portRestricted', ipv6: true },
    ],
  });
  await startTurn(lab);
});
afterAll(() => lab?.close());

async function classified(home: Home, more: readonly string[] = []): Promise<Classified> {
  const server = home.wiring.hosts === 'none' ? SERVERS6.turn[0] : SERVERS.turn[0];
  const file = 'tests/lab/classify.ts';
  const judge = lab.startNode({ name: 'classify', namespace: home.host, file, args: [server, '3478', ...more] });
  await judge.exited;
  return JSON.parse(judge.output) as Classified;
}

describe('routers', () => {
  test.each(Object.keys(NAT_KINDS) as NatName[])(
    'a %s router maps, filters and keeps ports as it claims',
    async (kind) => {
      const home = lab.home('a');
      await setNat(home, kind);
      const { mapped, ...seen } = await classified(home);
      const { mapping, filtering, preservesPort } = NAT_KINDS[kind];
      expect(seen).toEqual({ mapping, filtering, preservesPort });
      if (mapping !== 'none') expect(mapped?.address).toBe(kind === 'ipv6Only' ? home.hostAddress6 : home.wan);
    },
  );

  test('one that maps ports lets everybody in where it was asked to', async () => {
    const home = lab.home('a');
    await setNat(home, 'portRestrictedMapping');
    const daemon = await startPortMapper(lab, home);
    expect(await classified(home, ['192.168.1.1'])).toMatchObject({ filtering: 'endpoint-independent' });
    await daemon.stop();
  });

  test('a sequential one counts up by one', async () => {
    const home = lab.home('a');
    await setNat(home, 'symmetricSequential');
    const [first, second] = [await classified(home), await classified(home)];
    // Two sockets asked in between, the first of them three places.
    expect((second.mapped?.port ?? 0) - (first.mapped?.port ?? 0)).toBe(4);
  });

  test('one that answers strangers by itself gives the host another port towards them', async () => {
    const home = lab.home('a');
    const outside = async (kind: NatName): Promise<boolean> => {
      await setNat(home, kind);
      const stranger = lab.startNode({
        name: 'stranger',
        namespace: lab.inet,
        file: 'tests/lab/stranger.ts',
        args: [SERVERS.origins['one.example'], home.wan],
      });
      await stranger.prints(/sent/);
      const guest = lab.startNode({
        name: 'guest',
        namespace: home.host,
        file: 'tests/lab/stranger.ts',
        args: ['0.0.0.0', SERVERS.origins['one.example']],
      });
      const [, port] = await stranger.prints(/heard (\d+)/);
      await Promise.all([stranger.stop(), guest.stop()]);
      return port === String(STRANGER_PORT);
    };
    expect(await outside('portRestricted')).toBe(true);
    expect(await outside('poisoned')).toBe(false);
  });
});

test('a home changes its wires in place, back and forth', async () => {
  const home = lab.home('a');
  const kinds = ['open', 'ipv6Only', 'carrierEasy', 'open', 'carrierRandom', 'ipv6Only', 'portRestricted'] as const;
  for (const kind of kinds) {
    await setNat(home, kind);
    await lab.settle(home);
  }
});

test('a home with both families reaches sites of either; one with IPv6 only reaches its own kind', async () => {
  const home = lab.home('six');
  const fetch = (site: string) => inNamespace(home.host, 'curl', ['-s', '--max-time', '10', `http://${site}/`]);
  expect(await fetch('six.example')).toContain(home.hostAddress6);
  expect(await fetch('one.example')).toContain(home.wan);
  await setNat(home, 'ipv6Only');
  expect(await fetch('six.example')).toContain(home.hostAddress6);
  await expect(fetch('one.example')).rejects.toThrow();
});

test('a site sees the address of the home that asked, and the name server sees who asked for its name', async () => {
  const home = lab.home('b');
  const page = await inNamespace(home.host, 'curl', ['-sk', '--max-time', '10', 'https://two.example/']);
  expect(page).toContain(home.wan);
  expect(lab.visits.at(-1)).toMatchObject({ site: 'two.example', scheme: 'https', from: home.wan });
  const asked = lab.questions.filter((question) => question.name === 'two.example').map((question) => question.from);
  expect(new Set(asked)).toEqual(new Set([home.wan]));
});

test('a capture on the inner side of a router holds what left the home, and only that home', async () => {
  await setNat(lab.home('a'), 'portRestricted');
  const capture = await lab.capture('self-test', lab.home('b'));
  const site = `host ${SERVERS.origins['three.example']}`;
  await inNamespace(lab.home('a').host, 'curl', ['-s', '--max-time', '10', 'http://three.example/']);
  expect(await capture.matching(site)).toEqual([]);
  await inNamespace(lab.home('b').host, 'curl', ['-s', '--max-time', '10', 'http://three.example/']);
  expect((await capture.matching(site)).length).toBeGreaterThan(4);
  await capture.stop();
});

test('a line with latency delays every packet both ways', async () => {
  const slow = await createLab({ homes: [{ name: 'slow', wan: '90.54.12.7', lan: 1, nat: 'portRestricted' }] });
  try {
    const home = slow.home('slow');
    await addLatency(slow, [home], 25);
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      const args = [
        '-s',
        '--max-time',
        '5',
        '-o',
        '/dev/null',
        '-w',
        '%{time_connect}',
        `http://${SERVERS.origins['one.example']}/`,
      ];
      times.push(Number(await inNamespace(home.host, 'curl', args)) * 1_000);
    }
    // A timer of Node may fire a moment early, once each way.
    expect(Math.min(...times)).toBeGreaterThan(48);
    expect(Math.min(...times)).toBeLessThan(75);
  } finally {
    await slow.close();
  }
});

test('a second lab stands beside the first, and closing it leaves nothing of it behind', async () => {
  const second = await createLab({ homes: [{ name: 'a', wan: '90.54.12.7', lan: 1, nat: 'symmetric' }] });
  expect(knownIds()).toEqual(expect.arrayContaining([lab.paths.id, second.paths.id]));
  await second.close();
  expect(knownIds()).not.toContain(second.paths.id);
  expect(existsSync(second.paths.run)).toBe(false);
  expect(existsSync(second.paths.disk)).toBe(false);
  expect(knownIds()).toContain(lab.paths.id);
});
