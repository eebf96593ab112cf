/** Who may talk to netd, and what it does with nonsense. */

import { chmodSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectNetd } from '../../shared/node/netd-client.ts';
import { MAX_LINE_BYTES } from '../../shared/wire/netd.ts';
import { keys } from './keys.ts';
import { CLIENT_TUNNEL, GATEWAY, type Netd, NetdLab } from './netd-lab.ts';

const GROUP = 4242;
const lab = new NetdLab();
let netd: Netd;

beforeAll(async () => {
  await lab.up();
  chmodSync(lab.directory, 0o755);
  netd = await lab.netd(lab.client, 'client', String(GROUP));
});
afterAll(() => lab.down());

/** Raw lines in, parsed answers out, until `count` answers came or netd hung up. */
function talk(lines: readonly (string | Uint8Array)[], count: number): Promise<readonly Record<string, unknown>[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(netd.socket);
    let text = '';
    const done = () => {
      const answers = text
        .split('\n')
        .filter(Boolean)
        .map((line): Record<string, unknown> => JSON.parse(line));
      socket.destroy();
      resolve(answers);
    };
    socket.on('error', reject);
    socket.on('close', done);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.split('\n').length > count) done();
    });
    for (const line of lines) socket.write(line);
  });
}

/** Tries to connect as an ordinary user; prints "ok" or the error's code. */
async function asUser(...groups: readonly string[]): Promise<string> {
  const script = `require('net').connect(${JSON.stringify(netd.socket)}).on('connect',()=>{console.log('ok');process.exit()}).on('error',e=>console.log(e.code))`;
  const args = ['--reuid', '65534', '--regid', '65534', ...groups, process.execPath, '-e', script];
  return (await lab.client.must('setpriv', ...args)).trim();
}

test('its socket belongs to root and the group, and to nobody else', async () => {
  const { mode, uid, gid } = statSync(netd.socket);
  expect([mode & 0o777, uid, gid]).toEqual([0o660, 0, GROUP]);
  expect(await asUser('--clear-groups')).toBe('EACCES');
  expect(await asUser('--groups', String(GROUP))).toBe('ok');
});

test('who finds no netd is told the command that mends it', async () => {
  await expect(connectNetd(`${lab.directory}/nothing.sock`)).rejects.toMatchObject({
    code: 'netd_unreachable',
    action: expect.stringContaining('systemctl'),
  });
});

const key = keys().privateKey;
const create = { verb: 'create', role: 'client', privateKey: key, ...CLIENT_TUNNEL, mtu: 1280 } as const;

test.each([
  ['an address outside the range', { ...create, address4: '10.0.0.2' }],
  ['the address of somebody else', { ...create, address4: '8.8.8.8' }],
  ['an IPv6 address outside the prefix', { ...create, address6: '2001:db8::1' }],
  ['an IPv6 address with a tail', { ...create, address6: 'fd77:6172:7265::1; reboot' }],
  ['a key that is none', { ...create, privateKey: 'AAAA' }],
  ['a key with a line break', { ...create, privateKey: `${key}\n` }],
  ['an MTU too small', { ...create, mtu: 500 }],
  ['a role that is none', { ...create, role: 'root' }],
  ['a name that is not ours', { verb: 'destroy', tunnel: 'eth0' }],
  ['a name with an option', { verb: 'counters', tunnel: '-h' }],
  ['a verb that is none', { verb: 'exec', command: 'id' }],
  ['a port out of range', { verb: 'rebind', tunnel: 'wrn00000000', port: 70000 }],
  ['too many ports', { verb: 'splice', tunnel: 'wrn00000000', accept: Array(1_025).fill(1), send: 1 }],
  [
    'a route to no address',
    {
      verb: 'splice',
      tunnel: 'wrn00000000',
      accept: [1],
      send: 1,
      routes: [{ remote: { address: '1.2.3.4 : 1 }', port: 5 }, from: 1 }],
    },
  ],
  [
    'an nft expression',
    { verb: 'egress', tunnel: 'wrn00000000', forbid: ['0.0.0.0/0 }; flush ruleset'], blockedTcpPorts: [] },
  ],
])('%s is refused before anything happens', async (_what, body) => {
  const [answer] = await talk([`${JSON.stringify({ id: 7, body })}\n`], 1);
  expect(answer).toMatchObject({ id: 7, error: { code: 'frame_malformed' } });
  expect(await lab.client.must('ip', '-o', 'link')).not.toContain('wrn');
});

test.each([
  ['a client with the gateway address', { ...create, ...GATEWAY }],
  ['a provider with another address', { ...create, role: 'provider' }],
])('%s is refused', async (_what, body) => {
  const [answer] = await talk([`${JSON.stringify({ id: 8, body })}\n`], 1);
  expect(answer).toMatchObject({ id: 8, error: { code: 'netd_refused' } });
});

test('a provider can not pick an address that the machine bears already, and so take all of its traffic', async () => {
  await lab.client.must('ip', 'address', 'add', '100.72.9.9/32', 'dev', 'wan');
  const [answer] = await talk([`${JSON.stringify({ id: 9, body: { ...create, address4: '100.72.9.9' } })}\n`], 1);
  await lab.client.must('ip', 'address', 'del', '100.72.9.9/32', 'dev', 'wan');
  expect(answer).toMatchObject({ id: 9, error: { code: 'netd_refused' } });
  expect(await lab.client.must('ip', 'rule')).not.toContain('100.72.9.9');
});

test('ranges that only look like addresses are refused', async () => {
  const own = await netd.connect();
  const provider = { verb: 'create', role: 'provider', privateKey: key, ...GATEWAY, mtu: 1280 } as const;
  const { tunnel } = await own.ask(provider);
  for (const range of ['999.1.1.1', '1.2.3.4/33', '1.2.3.4/5/6', '::/129', 'abc', '/24', '1.2.3.4/'])
    await expect(own.ask({ verb: 'egress', tunnel, forbid: [range], blockedTcpPorts: [] })).rejects.toMatchObject({
      code: 'netd_refused',
    });
  const peer = { verb: 'peer', tunnel, publicKey: keys().publicKey } as const;
  await expect(own.ask({ ...peer, ...GATEWAY })).rejects.toMatchObject({ code: 'netd_refused' });
  await expect(own.ask(peer)).rejects.toMatchObject({ code: 'netd_refused' });
  await own.ask({ ...peer, ...CLIENT_TUNNEL });
  await expect(own.ask({ ...peer, publicKey: keys().publicKey, ...CLIENT_TUNNEL })).rejects.toMatchObject({
    code: 'netd_refused',
  });
  await own.close();
});

test('what is no JSON is answered, a line without end is not waited for', async () => {
  expect(await talk(['nonsense\n', '[]\n', 'null\n', '{"id":3}\n'], 4)).toMatchObject([
    { id: 0 },
    { id: 0 },
    { id: 0 },
    { id: 3 },
  ]);
  const [answer] = await talk([new Uint8Array(MAX_LINE_BYTES + 1).fill(0x61)], 99);
  expect(answer).toMatchObject({ error: { code: 'frame_too_large' } });
});

test('a caller who leaves in the middle of a request leaves nothing behind', async () => {
  for (let i = 0; i < 5; i++) {
    const socket = connect(netd.socket);
    await new Promise<void>((written) => socket.write(`${JSON.stringify({ id: 1, body: create })}\n`, () => written()));
    socket.destroy();
  }
  const own = await netd.connect();
  const { tunnel } = await own.ask(create);
  const links = (await lab.client.must('ip', '-o', 'link')).split('\n').filter((line) => line.includes('wrn'));
  expect(links).toHaveLength(1);
  expect(links[0]).toContain(tunnel);
  await own.close();
});
