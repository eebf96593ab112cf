/** Two homes, our own helper, real sockets: what the pure machines decide holds against nftables' NATs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Nat } from '../../shared/machine/traversal/api.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { setNat } from '../lab/nat.ts';
import type { NatName } from '../lab/nat-kinds.ts';
import type { LabProcess } from '../lab/process.ts';
import { SERVERS } from '../lab/servers.ts';
import type { PeerInput, PeerOutcome } from './traversal-programs/peer.ts';

const [first, second] = SERVERS.helper;
const RELAY = `ws://${first}:7777`;
const STUN = [
  { address: first, port: 3478 },
  { address: second, port: 3478 },
];

let lab: Lab;
let runs = 0;

beforeAll(async () => {
  lab = await createLab({
    homes: [
      { name: 'cli', wan: '90.54.12.7', lan: 1, nat: 'portRestricted', neighbour: true },
      { name: 'prov', wan: '84.130.44.21', lan: 2, nat: 'portRestricted' },
    ],
  });
  const args = ['--stun', `${first}:3478`, '--stun-alt', `${second}:3479`, '--relay', `${first}:7777`];
  const helper = lab.startNode({ name: 'helper', namespace: lab.inet, file: 'helper/main.ts', args });
  await helper.prints(/"ready"/);
});
afterAll(() => lab?.close());

function peer(namespace: string, input: Omit<PeerInput, 'relay' | 'stun'>): LabProcess {
  const args = [JSON.stringify({ ...input, relay: RELAY, stun: STUN })];
  const file = 'tests/net/traversal-programs/peer.ts';
  return lab.startNode({ name: `peer-${runs++}`, namespace, file, args });
}

async function line<T>(process: LabProcess, field: string): Promise<T> {
  const [text] = await process.prints(new RegExp(`^{"${field}".*$`, 'm'));
  return JSON.parse(text)[field] as T;
}

interface Meeting {
  readonly client: PeerOutcome;
  readonly provider: PeerOutcome;
  readonly nats: readonly [Nat, Nat];
}

async function meet(clientAt: string, providerAt: string): Promise<Meeting> {
  const provider = peer(providerAt, { role: 'controlled' });
  const client = peer(clientAt, { role: 'controlling', peer: await line<string>(provider, 'key') });
  try {
    const [c, p] = await Promise.all([client, provider].map((end) => line<PeerOutcome>(end, 'outcome')));
    const [cn, pn] = await Promise.all([client, provider].map((end) => line<Nat>(end, 'nat')));
    if (!c || !p || !cn || !pn) throw new Error('an end said nothing');
    return { client: c, provider: p, nats: [cn, pn] };
  } finally {
    await Promise.all([client.stop(), provider.stop()]);
  }
}

async function meetBehind(clientNat: NatName, providerNat: NatName): Promise<Meeting> {
  const [cli, prov] = [lab.home('cli'), lab.home('prov')];
  await setNat(cli, clientNat);
  await setNat(prov, providerNat);
  const meeting = await meet(cli.host, prov.host);
  const { checkMs, wholeMs, type } = meeting.client;
  console.log(
    `${clientNat} × ${providerNat}: ${type} after ${checkMs.toFixed(1)} ms of checks, ${wholeMs.toFixed(1)} ms in all`,
  );
  return meeting;
}

describe('through two NATs', () => {
  test('two port-restricted homes reach each other directly', async () => {
    const { client, provider, nats } = await meetBehind('portRestricted', 'portRestricted');
    expect(client).toMatchObject({ type: 'nominated', kind: 'direct', remote: { address: '84.130.44.21' } });
    expect(provider).toMatchObject({ type: 'nominated', kind: 'direct', remote: { address: '90.54.12.7' } });
    expect(nats[0]).toMatchObject({ mapping: 'endpoint-independent', translated: true, portPreserved: true });
    expect(client.checkMs).toBeLessThan(1000);
  });

  test('a home that does not keep ports is reached under the port that STUN saw', async () => {
    const { client, provider, nats } = await meetBehind('portRestricted', 'portRestrictedHashed');
    expect(client).toMatchObject({ type: 'nominated', remote: { type: 'srflx', address: '84.130.44.21' } });
    expect(provider.type).toBe('nominated');
    expect(nats[1]).toMatchObject({ mapping: 'endpoint-independent', portPreserved: false });
  });

  test('a symmetric client reaches an address-restricted home under its peer-reflexive address', async () => {
    const { client, provider, nats } = await meetBehind('symmetric', 'addressRestricted');
    expect(nats[0].mapping).toBe('address-and-port-dependent');
    expect(client.type).toBe('nominated');
    expect(provider).toMatchObject({ type: 'nominated', remote: { type: 'prflx', address: '90.54.12.7' } });
  });

  test('two symmetric homes find no path, and say so within 9 s', async () => {
    const { client, provider } = await meetBehind('symmetric', 'symmetric');
    expect(client).toMatchObject({ type: 'failed', code: 'no_path' });
    expect(provider).toMatchObject({ type: 'failed', code: 'no_path' });
    expect(client.checkMs).toBeLessThan(9000);
  });

  test('two hosts of one home meet on their LAN', async () => {
    const home = lab.home('cli');
    await setNat(home, 'portRestricted');
    const { client, provider } = await meet(home.host, home.neighbourNamespace ?? '');
    expect(client).toMatchObject({ type: 'nominated', kind: 'lan', remote: { address: home.neighbourAddress } });
    expect(provider).toMatchObject({ type: 'nominated', kind: 'lan', remote: { address: home.hostAddress } });
  });
});
