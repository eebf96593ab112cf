/** Our TURN client against coturn, through real NATs: every transport, restarts, passes that run out. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TransportAddress } from '../../shared/effects.ts';
import type { RelayBase } from '../../shared/machine/traversal/turn/relays.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { setNat } from '../lab/nat.ts';
import type { NatName } from '../lab/nat-kinds.ts';
import type { LabProcess } from '../lab/process.ts';
import { inNamespace } from '../lab/run.ts';
import { SERVERS } from '../lab/servers.ts';
import { startTurn, TURN_SECRET, TURN_URIS } from '../lab/turn.ts';
import type { RelayCommand } from './turn-programs/relay.ts';

const [helperAddress] = SERVERS.helper;
const [turnAddress] = SERVERS.turn;
const GRANTS = `http://${helperAddress}:7777/turn`;
/** Passes of a lifetime that a test can outlive. */
const SHORT_GRANTS = `http://${helperAddress}:7778/turn`;

let lab: Lab;
let coturn: LabProcess;
let runs = 0;
const running: LabProcess[] = [];

beforeAll(async () => {
  lab = await createLab({
    homes: [
      { name: 'cli', wan: '90.54.12.7', lan: 1, nat: 'portRestricted' },
      { name: 'prov', wan: '84.130.44.21', lan: 2, nat: 'portRestricted' },
    ],
  });
  coturn = await startTurn(lab);
  for (const [port, ttl] of [
    [7777, 3_600],
    [7778, 6],
  ]) {
    const args = ['--relay', `${helperAddress}:${port}`, '--turn', TURN_URIS.join(','), '--turn-ttl', String(ttl)];
    const env = { WARREN_TURN_SECRET: TURN_SECRET };
    const helper = lab.startNode({ name: `helper-${port}`, namespace: lab.inet, file: 'helper/main.ts', args, env });
    await helper.prints(/"ready"/);
  }
});
afterAll(() => lab?.close());
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop()));
});

interface Relay {
  readonly process: LabProcess;
  say(command: RelayCommand): void;
  /** The newest base once there have been as many sets of bases. */
  up(times?: number): Promise<RelayBase & { readonly ms: number }>;
}

function startRelay(options: { readonly grants?: string; readonly trusting?: boolean } = {}): Relay {
  const { grants = GRANTS, trusting = true } = options;
  const process = lab.startNode({
    name: `relay-${runs++}`,
    namespace: lab.home('cli').host,
    file: 'tests/net/turn-programs/relay.ts',
    args: [grants],
    env: trusting ? { NODE_EXTRA_CA_CERTS: lab.certificate.certificateFile } : {},
    ipc: true,
  });
  running.push(process);
  return {
    process,
    say: (command) => process.child.send(command),
    async up(times = 1) {
      const all = `(?:^{"bases":\\[{[^\\n]*$[^]*?){${times}}`;
      const [text] = await process.prints(new RegExp(all, 'm'), 20_000);
      const lines = text.split('\n').filter((line) => line.startsWith('{"bases":[{'));
      const { bases, ms } = JSON.parse(lines.at(-1) ?? '') as { bases: RelayBase[]; ms: number };
      return { ...(bases[0] as RelayBase), ms };
    },
  };
}

async function startEcho(): Promise<{ readonly process: LabProcess; readonly port: number }> {
  const home = lab.home('prov');
  const file = 'tests/net/turn-programs/echo.ts';
  const process = lab.startNode({ name: `echo-${runs++}`, namespace: home.host, file, ipc: true });
  running.push(process);
  const [text] = await process.prints(/^{"port".*$/m);
  return { process, port: JSON.parse(text).port as number };
}

async function homes(client: NatName, provider: NatName): Promise<void> {
  const [cli, prov] = [lab.home('cli'), lab.home('prov')];
  await setNat(cli, client);
  await setNat(prov, provider);
}

/** Both ways between a relay at one home and a peer behind another home's NAT. */
async function exchange(relay: Relay, relayed: TransportAddress): Promise<void> {
  const { wan } = lab.home('prov');
  const echo = await startEcho();
  relay.say({ do: 'permit', address: wan });
  // Whoever is symmetric comes from a port that nobody could know before: the permission is by address.
  let from: TransportAddress | null = null;
  for (let tries = 0; !from && tries < 50; tries++) {
    echo.process.child.send({ to: relayed, text: `from ${echo.port}` });
    const seen = await relay.process
      .prints(new RegExp(`"data":"from ${echo.port}".*"from":({[^}]*})`), 200)
      .catch(() => null);
    if (seen) from = JSON.parse(seen[1] ?? '');
  }
  if (!from) throw new Error(`nothing came through the relay\n${relay.process.tail()}`);
  expect(from.address).toBe(wan);
  relay.say({ do: 'bind', peer: from });
  for (const text of [`${echo.port} as an indication or on a channel`, `${echo.port} again`]) {
    relay.say({ do: 'send', text, to: from });
    await echo.process.prints(new RegExp(`"text":"${text}"`));
    await relay.process.prints(new RegExp(`"data":"${text}"`));
  }
}

describe('an allocation on coturn', () => {
  test('over UDP between two symmetric homes', async () => {
    await homes('symmetric', 'symmetric');
    const relay = startRelay();
    const { transport, relayed, ms } = await relay.up();
    console.log(`UDP: relayed address after ${ms} ms, pass included`);
    expect(transport).toBe('udp');
    expect(relayed[0]?.address).toBe(turnAddress);
    expect(ms).toBeLessThan(1_000);
    await exchange(relay, relayed[0] as TransportAddress);
  });

  // How soon is measured where nothing else runs (load/relayed.test.ts): here, that UDP's last try is not waited for.
  test('over TCP where UDP is blocked, in two seconds at most', async () => {
    await homes('udpBlocked', 'symmetric');
    const relay = startRelay();
    const { transport, relayed, ms } = await relay.up();
    console.log(`TCP: relayed address after ${ms} ms`);
    expect(transport).toBe('tcp');
    expect(ms).toBeLessThan(2_000);
    await exchange(relay, relayed[0] as TransportAddress);
  });

  test('over TLS where only port 443 passes', async () => {
    await homes('udpBlocked', 'symmetric');
    await only443();
    const relay = startRelay();
    const { transport, relayed, ms } = await relay.up();
    console.log(`TLS 443: relayed address after ${ms} ms`);
    expect(transport).toBe('tls');
    expect(ms).toBeLessThan(2_000);
    await exchange(relay, relayed[0] as TransportAddress);
  });

  test('never over TLS with a certificate that nobody vouches for', async () => {
    await homes('udpBlocked', 'symmetric');
    await only443();
    const relay = startRelay({ trusting: false });
    const [, code] = await relay.process.prints(/"failed":{"code":"(\w+)"/);
    expect(code).toBe('turn_unreachable');
    expect(relay.process.output).not.toContain('"bases":[{');
  });

  test('a peer in a private network is denied by the server, not reached', async () => {
    await homes('portRestricted', 'portRestricted');
    const relay = startRelay();
    await relay.up();
    relay.say({ do: 'permit', address: '192.168.2.2' });
    await coturn.prints(/peer IP 192\.168\.2\.2 denied/);
  });

  test('a restarted server: a new address less than 2 s after it is back', async () => {
    await homes('portRestricted', 'portRestricted');
    const relay = startRelay();
    const before = await relay.up();
    const to = { address: lab.home('prov').wan, port: 9 };
    relay.say({ do: 'flow', everyMs: 20, text: 'x', to });
    await coturn.stop();
    coturn = await startTurn(lab);
    const back = Date.now();
    const after = await relay.up(2);
    console.log(`coturn restarted: a new address ${Date.now() - back} ms after it was back`);
    expect(Date.now() - back).toBeLessThan(2_000);
    expect(after.base).not.toBe(before.base);
    await exchange(relay, after.relayed[0] as TransportAddress);
  });

  test('a pass that has run out: the address stays, and the next one comes with a new pass', async () => {
    await homes('portRestricted', 'portRestricted');
    const relay = startRelay({ grants: SHORT_GRANTS });
    const before = await relay.up();
    const [, endsAt] = await coturn.prints(/new, realm=<lab>, username=<(\d+):(?!(?:.|\n)*new, realm)/);
    while (Date.now() < Number(endsAt) * 1000 + 1_000) await new Promise((resolve) => setTimeout(resolve, 200));
    await exchange(relay, before.relayed[0] as TransportAddress);
    relay.say({ do: 'flow', everyMs: 20, text: 'x', to: { address: lab.home('prov').wan, port: 9 } });
    await coturn.stop();
    coturn = await startTurn(lab);
    const after = await relay.up(2);
    await exchange(relay, after.relayed[0] as TransportAddress);
  });
});

/** On top of no UDP: nothing but HTTPS, and the helper's port for the pass. */
async function only443(): Promise<void> {
  const rule = 'insert rule ip nat fw oifname "wan" meta l4proto tcp tcp dport != { 443, 7777, 7778 } drop';
  await inNamespace(lab.home('cli').router, 'nft', ['-f', '-'], `${rule}\n`);
}
