/** Our STUN server, judged by clients that are not ours: coturn's, and Debian's `stun` (RFC 3489). */
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Helper, startHelper } from '../../helper/helper.ts';
import type { NatBehaviour } from '../../shared/machine/traversal/api.ts';
import { createClock } from '../../shared/node/clock.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { setNat } from '../lab/nat.ts';
import type { NatName } from '../lab/nat-kinds.ts';
import { inNamespace, run } from '../lab/run.ts';
import { SERVERS, SERVERS6 } from '../lab/servers.ts';

const [PORT, OTHER_PORT] = [43_478, 43_479];
let helper: Helper;
let lab: Lab;

beforeAll(async () => {
  helper = await startHelper({
    stun: { address: '127.0.0.61', port: PORT },
    stunAlternate: { address: '127.0.0.62', port: OTHER_PORT },
    clock: createClock(),
  });
  lab = await createLab({ homes: [{ name: 'a', wan: '90.54.12.7', lan: 1, nat: 'portRestricted', ipv6: true }] });
  const start = ([first, second]: readonly [string, string]) =>
    lab
      .startNode({
        name: 'helper',
        namespace: lab.inet,
        file: 'helper/main.ts',
        args: ['start', '--stun', `${first}:${PORT}`, '--stun-alt', `${second}:${OTHER_PORT}`],
      })
      .prints(/"ready"/);
  const [first6, second6] = SERVERS6.helper.map((address) => `[${address}]`);
  await Promise.all([start(SERVERS.helper), start([first6 ?? '', second6 ?? ''])]);
});
afterAll(async () => {
  await Promise.all([helper?.close(), lab?.close()]);
});

test('turnutils_stunclient gets its address, the other address, an answer to another port, and fragments', async () => {
  const said = await run('timeout', ['15', 'turnutils_stunclient', '-p', String(PORT), '127.0.0.61']);
  expect(said).toContain('RFC 5780 response 3');
  expect(said).toContain(`Other addr: : 127.0.0.62:${OTHER_PORT}`);
  expect(said).toMatch(/UDP reflexive addr: 127\.0\.0\.1:\d+/);
  expect(said).toContain(`Response origin: : 127.0.0.62:${OTHER_PORT}`);
});

test('turnutils_natdiscovery finds endpoint-independent mapping and filtering where there is no NAT', async () => {
  const said = await run('timeout', ['30', 'turnutils_natdiscovery', '-m', '-f', '-p', String(PORT), '127.0.0.61']);
  expect(said).toMatch(/Endpoint Independent Mapping/);
  expect(said).toContain('Endpoint Independent Filtering');
});

/** Debian's client of the first edition; its exit code is a number for the kind of NAT. */
function classic(namespace: string): Promise<string> {
  const args = ['netns', 'exec', namespace, 'timeout', '15', 'stun', `${SERVERS.helper[0]}:${PORT}`];
  return new Promise((resolve) => execFile('ip', args, (_error, stdout) => resolve(stdout)));
}

test.each<readonly [NatName, string, NatBehaviour]>([
  ['open', 'Open', 'endpoint-independent'],
  ['fullCone', 'Independent Mapping, Independent Filter', 'endpoint-independent'],
  ['addressRestricted', 'Independent Mapping, Address Dependent Filter', 'address-dependent'],
  ['portRestricted', 'Independent Mapping, Port Dependent Filter', 'address-and-port-dependent'],
  ['symmetric', 'Dependent Mapping', 'address-and-port-dependent'],
])(
  'stun-client (RFC 3489, no cookie) calls %s "%s", and a node finds its filtering %s',
  async (nat, name, filtering) => {
    const home = lab.home('a');
    await setNat(home, nat);
    await lab.settle(home);
    expect(await classic(home.host)).toContain(`Primary: ${name}`);
    const node = lab.startNode({
      name: 'node',
      namespace: home.host,
      file: 'tests/net/traversal-programs/nat.ts',
      args: [String(PORT), ...SERVERS.helper],
    });
    await node.prints(new RegExp(`"filtering":"${filtering}"`));
    await node.stop();
  },
);

test('over IPv6 turnutils_natdiscovery finds no translation, and the firewall', async () => {
  const home = lab.home('a');
  await setNat(home, 'portRestricted');
  await lab.settle(home);
  const ask = ['30', 'turnutils_natdiscovery', '-m', '-f', '-p', String(PORT), SERVERS6.helper[0]];
  const said = await inNamespace(home.host, 'timeout', ask);
  expect(said).toContain('Endpoint Independent Mapping');
  expect(said).toContain('Address and Port Dependent Filtering');
  expect(said).toContain(`UDP reflexive addr: ${home.hostAddress6}`);
});
