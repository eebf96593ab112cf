/** The router's own word: a port opened by a real miniupnpd lets a stranger in, and is closed again. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLab, type Lab } from '../lab/lab.ts';
import { setNat } from '../lab/nat.ts';
import type { NatName } from '../lab/nat-kinds.ts';
import { type PortMapperOptions, startPortMapper } from '../lab/port-mapper.ts';
import { inNamespace } from '../lab/run.ts';
import { SERVERS } from '../lab/servers.ts';
import { STRANGER_PORT } from '../lab/stranger.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await createLab({ homes: [{ name: 'a', wan: '90.54.12.7', lan: 1, nat: 'symmetricMapping' }] });
});
afterAll(() => lab?.close());

function ask(...args: string[]): ReturnType<Lab['startNode']> {
  const file = 'tests/net/port-mapping-programs/map.ts';
  return lab.startNode({ name: 'map', namespace: lab.home('a').host, file, args });
}

interface Speaks extends PortMapperOptions {
  readonly args?: readonly string[];
}

test.each<readonly [NatName, string, Speaks]>([
  ['portRestrictedMapping', 'PCP', {}],
  ['symmetricMapping', 'PCP', {}],
  ['symmetricMapping', 'NAT-PMP', { args: ['--elder'] }],
  ['symmetricMapping', 'UPnP-IGD 2', { natPmp: false }],
  ['symmetricMapping', 'UPnP-IGD 1', { natPmp: false, firstVersion: true }],
])('%s with %s: a stranger is let in, until it is given back', async (nat, _name, { args = [], ...speaks }) => {
  const home = lab.home('a');
  await setNat(home, nat);
  const router = await startPortMapper(lab, home, speaks);
  const process = ask(...args);
  const [line] = await process.prints(/^{"external":{.*$/m);
  const { external } = JSON.parse(line) as { readonly external: { readonly address: string; readonly port: number } };
  expect(external).toMatchObject({ type: 'host', address: home.wan });
  const knock = `require('node:dgram').createSocket('udp4').bind(${STRANGER_PORT}, '${SERVERS.origins['two.example']}', function () { this.send('hello', ${external.port}, '${external.address}', () => this.close()); })`;
  await inNamespace(lab.inet, lab.node, ['-e', knock]);
  await process.prints(/"heard":"hello"/);
  const rules = () => inNamespace(home.router, 'nft', ['list', 'table', 'inet', 'upnp']);
  expect(await rules()).toContain(`dport ${external.port} dnat`);
  await process.stop();
  await expect.poll(rules, { timeout: 5_000 }).not.toContain(`dport ${external.port} dnat`);
  await router.stop();
});

test('a router without the service says so at once', async () => {
  await setNat(lab.home('a'), 'portRestricted');
  const began = performance.now();
  const process = ask();
  await process.prints(/"external":null/);
  expect(performance.now() - began).toBeLessThan(3_000);
  await process.stop();
});
