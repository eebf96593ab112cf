/**
 * The client's machine with a whole session on it: its routes, rules and firewall are as they were
 * afterwards, and whichever part dies, a capture on the home's line shows no packet of a routed site.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { BELT_TABLE } from '../../native-host/netd/marks.ts';
import type { LabProcess } from '../lab/process.ts';
import { inNamespace } from '../lab/run.ts';
import { createScene, type Scene, startNetd } from '../lab/scene.ts';
import { SERVERS, SERVERS6 } from '../lab/servers.ts';
import { type Driver, startDriver } from './host-driver.ts';

const ROUTED4 = SERVERS.origins['one.example'];
const ROUTED6 = SERVERS6.origins['six.example'];
/** Nobody serves it: a datagram that left would be seen all the same. */
const PORT = 7777;

let scene: Scene;
let netd: LabProcess;
let driver: Driver;
const drips: LabProcess[] = [];

beforeAll(async () => {
  scene = await createScene({ clientIpv6: true });
  netd = scene.client.netd;
}, 60_000);
afterAll(() => scene?.close());
afterEach(async () => {
  for (const drip of drips.splice(0)) await drip.stop();
  driver?.close();
});

const inHome = (command: string, ...args: readonly string[]) => inNamespace(scene.client.home.host, command, args);

async function connect(): Promise<void> {
  driver = await startDriver(scene);
  await scene.chain.give(driver.account.address, { token: '5', coin: '1' });
  await driver.connect([{ exitId: 'de', country: 'DE' }]);
}

interface Lists {
  readonly rules: string;
  readonly routes: string;
  readonly firewall: string;
}

/** What the machine routes by, without numbers that count or run down. */
async function lists(): Promise<Lists> {
  const both = async (...args: readonly string[]) =>
    (await Promise.all(['-4', '-6'].map((family) => inHome('ip', family, ...args)))).join('');
  return {
    rules: await both('rule', 'show'),
    routes: (await both('route', 'show', 'table', 'all')).replace(/ expires \S+/g, ''),
    firewall: (await inHome('nft', '-s', 'list', 'ruleset')).replace(/ counter packets \d+ bytes \d+/g, ' counter'),
  };
}

/** The belt holds a tunnel's addresses for an hour after its end: a table of ours that names nothing of the machine's. */
const withoutHeld = (firewall: string): string => firewall.replace(/\n\s*elements = \{[^}]*timeout 1h[^}]*\}/g, '');

interface Addresses {
  readonly link: string;
  readonly address4: string;
  readonly address6: string;
}

async function tunnel(): Promise<Addresses> {
  const shown = await inHome('ip', '-o', 'address');
  const [, link = '', address4 = ''] = /(wrn\S+)\s+inet (\S+?)\//.exec(shown) ?? [];
  const [, address6 = ''] = /wrn\S+\s+inet6 (fd\S+?)\//.exec(shown) ?? [];
  if (!address4 || !address6) throw new Error(`no tunnel in ${shown}`);
  return { link, address4, address6 };
}

test('rules, routes and firewall are the same before a session and after it', async () => {
  const before = await lists();
  await connect();
  const during = await lists();
  expect(during.rules).not.toBe(before.rules);
  expect(during.routes).not.toBe(before.routes);
  // The machine's own are all still there; the tunnel's stand beside them.
  for (const line of `${before.rules}${before.routes}`.split('\n'))
    expect(`${during.rules}${during.routes}`).toContain(line);
  await driver.disconnect();
  await driver.host.end();
  const after = await lists();
  expect(after.rules).toBe(before.rules);
  expect(after.routes).toBe(before.routes);
  expect(withoutHeld(after.firewall)).toBe(withoutHeld(before.firewall));
  expect(after.firewall.match(/table inet \S+/g)).toEqual([`table inet ${BELT_TABLE}`]);
});

const FAULTS: readonly (readonly [string, (at: Addresses) => Promise<unknown> | unknown])[] = [
  ['the link is deleted', ({ link }) => inHome('ip', 'link', 'del', link)],
  [
    'its table is flushed',
    async ({ address4 }) => {
      const [, table = ''] = new RegExp(`from ${address4} lookup (\\S+)`).exec(await inHome('ip', 'rule')) ?? [];
      for (const family of ['-4', '-6']) await inHome('ip', family, 'route', 'flush', 'table', table);
    },
  ],
  ['the host is killed', () => driver.host.child.kill('SIGKILL')],
  [
    'netd is killed, and started again',
    async () => {
      netd.kill('SIGKILL');
      await netd.exited;
      netd = (await startNetd(scene.lab, 'cli')).process;
    },
  ],
];

test.each(FAULTS)('nothing of a routed site is on the wire when %s', async (what, fault) => {
  const { lab, client } = scene;
  await connect();
  const at = await tunnel();
  const capture = await lab.capture(`leak-${FAULTS.findIndex(([name]) => name === what)}`, client.home);
  for (const [local, remote] of [
    [at.address4, ROUTED4],
    [at.address6, ROUTED6],
  ] as const) {
    const drip = lab.startNode({
      name: 'drip',
      namespace: client.home.host,
      file: 'tests/net/netd-programs/probe.ts',
      args: ['drip', local, remote, String(PORT)],
    });
    drips.push(drip);
    await drip.prints(/dripping/);
  }
  expect(await driver.fetch('de', 'https://one.example/')).toContain(scene.providers.de.home.wan);
  const proxy = driver.host.exit('de')?.proxy;
  await fault(at);
  // An impatient browser: the routed site again and again, through the port that it knows.
  const login = `http://${proxy?.username}:${proxy?.password}@127.0.0.1:${proxy?.port}`;
  for (let n = 0; n < 5; n++)
    await inHome('curl', '-sk', '--max-time', '1', '-x', login, 'https://one.example/').catch(() => undefined);
  // A site that is not routed goes out directly, and the capture sees it: so it would see the others.
  await inHome('curl', '-sSk', '--max-time', '5', 'https://three.example/');
  expect(await capture.matching(`host ${SERVERS.origins['three.example']}`)).not.toEqual([]);
  const routed = [ROUTED4, ROUTED6, at.address4, at.address6].map((address) => `host ${address}`);
  expect(await capture.matching(`(${routed.join(' or ')}) and not icmp and not icmp6`)).toEqual([]);
  await capture.stop();
});
