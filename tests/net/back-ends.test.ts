/**
 * One body of tests, two back ends: netd, and the namespace of an ordinary user without it. Each connects,
 * follows changes of ports at both ends without losing a packet, and leaks nothing whatever breaks.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CONTROL_PORT, RESOLVER_PORT } from '../../shared/wire/control.ts';
import { BACK_END } from './back-end.ts';
import { BackEndBench, type BackEndName, firstWords } from './back-end-bench.ts';
import { BackEndSession, PROVIDER_PORTS } from './back-end-session.ts';
import { CLIENT_TUNNEL, CLIENT4, GATEWAY, type Netd, NetdLab, PROVIDER4, run, stop, until, WEB4 } from './netd-lab.ts';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const PROBE = here('./netd-programs/probe.ts');
const DNS_MAIN = here('./netd-programs/dns-main.ts');
const WEB_MAIN = here('./netd-programs/web-main.ts');
const WHOAMI = `http://${WEB4}:8080/whoami`;
const ROTATIONS = 20;
const READY = '{"type":"ready","highest":null,"observedAddress":"90.0.0.2"}';
const SAY_READY = `require('net').createServer((s) => s.once('data', () => s.write('${READY}\\n')))
  .listen(${CONTROL_PORT}, '${GATEWAY.address4}', () => console.log('listening'))`;

const lab = new NetdLab();
let providerNetd: Netd;
beforeAll(async () => {
  await lab.up();
  await run('chmod', ['0755', lab.directory]);
  providerNetd = await lab.netd(lab.provider, 'provider');
  await lab.hold(lab.provider, ...PROVIDER_PORTS);
  await firstWords(lab.start(lab.internet, process.execPath, WEB_MAIN, '8080'));
});
afterAll(() => lab.down());

/** Counts everything that arrives from the client apart from WireGuard between the two ends' ports. */
async function watch(ports: readonly number[]): Promise<void> {
  await lab.internet.nft(`table inet watch
delete table inet watch
table inet watch {
  chain arrived {
    type filter hook prerouting priority -400; policy accept;
    iifname "cli" udp sport { ${ports.join(', ')} } udp dport { ${PROVIDER_PORTS.join(', ')} } accept
    iifname "cli" ip protocol icmp icmp type destination-unreachable accept
    iifname "cli" meta nfproto ipv4 counter comment "leaked"
    iifname "cli" icmpv6 type != { echo-request, echo-reply } accept
    iifname "cli" meta nfproto ipv6 counter comment "leaked"
  }
}
`);
}

async function leaked(): Promise<number> {
  const listed = await lab.internet.must('nft', 'list', 'table', 'inet', 'watch');
  return [...listed.matchAll(/counter packets (\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
}

describe.each<BackEndName>(['netd', 'rootless'])('%s', (name) => {
  let bench: BackEndBench;
  let session: BackEndSession;
  let ports: readonly number[];

  beforeAll(async () => {
    bench = await BackEndBench.start(lab, name);
    ports = (await bench.order({ what: 'ports', count: 2 })) as number[];
    const hello = await bench.order({ what: 'connect' });
    const rootless = name === 'rootless' ? { rootless: true } : {};
    expect(hello).toEqual({ version: 1, backend: BACK_END, splice: true, ...rootless });
  });
  afterAll(() => bench.stop());

  beforeEach(async () => {
    session = await BackEndSession.open(bench, lab, await providerNetd.connect(), ports);
  });
  afterEach(() => session.close());

  test('carries a page by address and by a name that the provider resolves, IPv4 and IPv6', async () => {
    const names = lab.start(lab.provider, process.execPath, DNS_MAIN, GATEWAY.address4, `site.example=${WEB4}`);
    await firstWords(names);
    await watch(ports);
    for (const [host, from] of [
      ['site.example', PROVIDER4],
      [WEB4, PROVIDER4],
      ['six.example', '2003:e1::2'],
    ]) {
      const { stdout, stderr } = await session.fetch(`http://${host}:8080/whoami`);
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toMatchObject({ from, host: `${host}:8080` });
    }
    expect(await leaked()).toBe(0);
    const peer = await session.peer();
    expect(peer.endpoint).toEqual({ address: PROVIDER4, port: PROVIDER_PORTS[0] });
    expect(peer.rxBytes).toBeGreaterThan(1_000);
    expect(await session.seenAt()).toEqual({ address: CLIENT4, port: ports[0] });
    await stop(names, 'SIGKILL');
  });

  test('reaches the control channel of the gateway, and hears what it says', async () => {
    const gateway = lab.start(lab.provider, process.execPath, '-e', SAY_READY);
    await firstWords(gateway);
    const said = await bench.order({ what: 'control', from: CLIENT_TUNNEL.address4 });
    expect(said).toEqual(JSON.parse(READY));
    await stop(gateway, 'SIGKILL');
  });

  test(`${ROTATIONS} changes of port at either end under a steady flow, 0 packets lost`, async () => {
    const echo = await lab.echo(lab.provider, 'udp', RESOLVER_PORT, GATEWAY.address4);
    const flow = [PROBE, 'flood-until', CLIENT_TUNNEL.address4, GATEWAY.address4, '53', '500'];
    const flood = bench.spawnInside(process.execPath, ...flow);
    await firstWords(flood);
    const isSeenAt = async (port: number | undefined) => (await session.seenAt())?.port === port;
    await until('the flow is there', () => isSeenAt(ports[0]));
    for (let n = 0; n < ROTATIONS; n++) {
      // In turn; whoever does not rotate has to follow by itself, as WireGuard does.
      const turn = n % 4 < 2 ? 1 : 0;
      if (n % 2 === 0) {
        await session.sendFrom(ports[turn] ?? 0);
        await until(`rotation ${n}`, () => isSeenAt(ports[turn]));
      } else {
        await session.sendProviderFrom(PROVIDER_PORTS[turn]);
        await until(`rotation ${n}`, async () => (await session.peer()).endpoint?.port === PROVIDER_PORTS[turn]);
      }
    }
    const { sent, received } = await lab.report(flood);
    await stop(echo, 'SIGKILL');
    expect(sent).toBeGreaterThan(100);
    expect(received).toBe(sent);
  });

  test('carries packets as large as the way outside does', async () => {
    expect(await session.setMtu(1_420)).toBe(1_420);
    await lab.client.must('ip', 'link', 'set', 'wan', 'mtu', '1400');
    expect(await session.setMtu(1_420)).toBe(1_340);
    await lab.client.must('ip', 'link', 'set', 'wan', 'mtu', '1500');
  });

  type Fault = readonly [string, () => Promise<unknown> | unknown];
  const ofItsProcess: readonly Fault[] =
    BACK_END === 'kernel' ? [] : [['wireguard-go is killed', () => process.kill(bench.wireGuardGo(), 'SIGKILL')]];
  const faults: readonly Fault[] = [
    ...ofItsProcess,
    ['the link is deleted', () => bench.inside('ip', 'link', 'del', session.tunnel)],
    ['the ip rule is removed', () => bench.inside('ip', 'rule', 'del', 'priority', '1000')],
    [
      'its routes are flushed',
      async () => {
        const table = /from \S+ lookup (\d+) proto/.exec(await bench.inside('ip', 'rule'))?.[1] ?? '';
        await bench.inside('ip', 'route', 'flush', 'table', table);
      },
    ],
  ];
  /** Pages wanted by a browser that does not give up. */
  async function expectNothing(): Promise<void> {
    const attempts = await Promise.all(Array.from({ length: 4 }, () => session.fetch(WHOAMI, '--max-time', '2')));
    expect(attempts.filter(({ stdout }) => stdout.includes('"from"'))).toEqual([]);
    expect(await leaked()).toBe(0);
  }

  test.each(faults)('nothing leaks, and no page comes, when %s', async (_what, fault) => {
    expect(JSON.parse((await session.fetch(WHOAMI)).stdout)).toMatchObject({ from: PROVIDER4 });
    await watch(ports);
    await fault();
    await expectNothing();
  });

  test('what holds the tunnels is killed: nothing leaks, its owner learns it, and can begin anew', async () => {
    await watch(ports);
    await bench.kill();
    await until('its owner learns it', async () => (await bench.order({ what: 'lost' })) === true);
    await expectNothing();
    await session.close();
    await bench.order({ what: 'connect' });
    session = await BackEndSession.open(bench, lab, await providerNetd.connect(), ports);
    expect(JSON.parse((await session.fetch(WHOAMI)).stdout)).toMatchObject({ from: PROVIDER4 });
  });

  test('leaves no process once it is closed', async () => {
    expect(bench.processes().length).toBeGreaterThan(BACK_END === 'kernel' ? -1 : 0);
    await bench.order({ what: 'close' });
    await until('everything has ended', () => bench.processes().length === 0);
  });
});

test('without netd an ordinary user gets the namespace by itself', async () => {
  const bench = await BackEndBench.start(lab, 'auto');
  expect(await bench.order({ what: 'connect' })).toMatchObject({ rootless: true });
  await bench.stop();
  await until('everything has ended', () => bench.processes().length === 0);
});
