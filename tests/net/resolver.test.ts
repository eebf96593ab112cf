/** The resolver inside the tunnel: for clients alone, over TLS and no other way, silent about the home. */
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RESOLVER_PORT } from '../../shared/wire/control.ts';
import { createCertificate, type SiteCertificate } from '../lab/certificates.ts';
import {
  CLIENT_TUNNEL,
  CLIENT4,
  GATEWAY,
  join,
  type Namespace,
  NEIGHBOUR4,
  NetdLab,
  PROVIDER_LAN4,
  PROVIDER4,
  stop,
  until,
  WEB4,
} from './netd-lab.ts';

const program = (name: string) => fileURLToPath(new URL(`./netd-programs/${name}.ts`, import.meta.url));
const lab = new NetdLab();
let certificate: SiteCertificate;
/** What the server of the internet was asked, since the test began: "tls 128 A web.example". */
let asked: string[] = [];
let resolver: ChildProcess;

beforeAll(async () => {
  await lab.up();
  const [client, provider] = [await lab.netd(lab.client, 'client'), await lab.netd(lab.provider, 'provider')];
  await join(await client.connect(), await provider.connect());
  certificate = await createCertificate(lab.directory, ['dns.example'], []);
  const { keyFile, certificateFile } = certificate;
  const upstream = await running(lab.internet, 'upstream-main', {}, WEB4, keyFile, certificateFile);
  upstream.stdout?.on('data', (chunk: Buffer) => asked.push(...chunk.toString().split('\n').filter(Boolean)));
  await lab.neighbour.must('ip', 'route', 'add', `${GATEWAY.address4}/32`, 'via', PROVIDER_LAN4);
});
afterAll(() => lab.down());
beforeEach(() => {
  asked = [];
});

/** A program that says "listening" once it is ready. */
async function running(space: Namespace, name: string, env: Record<string, string>, ...args: readonly string[]) {
  const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  const child = lab.start(space, 'env', ...variables, process.execPath, program(name), ...args);
  let [output, errors] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  await until(`${name} listens`, () => {
    if (child.exitCode !== null) throw new Error(`${name} ended: ${errors}`);
    return output.includes('listening');
  });
  return child;
}

async function resolve(settings: Record<string, unknown>): Promise<void> {
  const trust = { NODE_EXTRA_CA_CERTS: certificate.certificateFile };
  const clients = [CLIENT_TUNNEL.address4, CLIENT_TUNNEL.address6];
  resolver = await running(lab.provider, 'names-main', trust, JSON.stringify(settings), ...clients);
}

async function ask(
  transport: 'udp' | 'tcp',
  name: string,
  {
    space = lab.client,
    from = CLIENT_TUNNEL.address4 as string,
    at = GATEWAY.address4 as string,
    port = 53,
    type = 'A',
  } = {},
): Promise<{ rcode: string; truncated: boolean; bytes: number; answers: unknown[] } | 'silence'> {
  const args = [program('dns-ask'), transport, from, at, String(port), type, name];
  const text = (await space.must(process.execPath, ...args)).trim();
  return text === 'silence' ? text : JSON.parse(text);
}

describe('with a server over TLS', () => {
  beforeAll(() =>
    resolve({ upstreamDns: [`${WEB4}#dns.example`], blockedDomains: ['tracker.example', 'casino.example'] }),
  );
  afterAll(() => stop(resolver, 'SIGTERM'));

  test('clients are answered over UDP and TCP, IPv4 and IPv6; every question is as long as the others', async () => {
    const six = { from: CLIENT_TUNNEL.address6, at: GATEWAY.address6 };
    for (const at of [{}, six])
      for (const transport of ['udp', 'tcp'] as const)
        expect(await ask(transport, 'web.example', at)).toMatchObject({ rcode: 'NOERROR', answers: [WEB4] });
    expect(asked).toEqual(Array(4).fill('tls 128 A web.example'));
  });

  test('a long answer comes by TCP, after the hint to ask there', async () => {
    expect(await ask('udp', 'long.example', { type: 'TXT' })).toMatchObject({ truncated: true, answers: [] });
    const whole = await ask('tcp', 'long.example', { type: 'TXT' });
    expect(whole).toMatchObject({ rcode: 'NOERROR', truncated: false });
    expect((whole as { bytes: number }).bytes).toBeGreaterThan(2_000);
  });

  test('a connection that the way forgot is given up for another one', async () => {
    await ask('udp', 'web.example');
    const connections = await lab.provider.must('ss', '-Htn', 'dport = :853');
    const port = /:(\d+) +\S+:853/.exec(connections)?.[1];
    await lab.internet.nft(`table inet cut {
  chain in { type filter hook prerouting priority -400; policy accept; tcp sport ${port} drop; }
  chain out { type filter hook output priority 0; policy accept; tcp dport ${port} drop; }
}
`);
    await until('somebody is answered again', async () => (await ask('udp', 'web.example')) !== 'silence', 15_000);
    const after = await lab.provider.must('ss', '-Htn', 'state', 'established', 'dport = :853');
    expect(after).not.toContain(`:${port} `);
  });

  test('nobody else is: not the LAN, not the internet, at no port and no address', async () => {
    const strangers = [
      { space: lab.neighbour, from: NEIGHBOUR4 },
      { space: lab.internet, from: '84.128.0.1' },
      { space: lab.client, from: CLIENT4 },
    ];
    const tries = strangers.flatMap((stranger) =>
      (['udp', 'tcp'] as const).flatMap((transport) =>
        [53, RESOLVER_PORT].flatMap((port) =>
          (stranger.space === lab.neighbour ? [GATEWAY.address4, PROVIDER_LAN4] : [PROVIDER4]).map((at) =>
            ask(transport, 'web.example', { ...stranger, at, port }),
          ),
        ),
      ),
    );
    for (const answer of await Promise.all(tries)) expect(answer).toBe('silence');
    expect(asked).toEqual([]);
    const listening = (await lab.provider.must('ss', '-Hlntu', `sport = :${RESOLVER_PORT}`)).trim().split('\n');
    expect(listening).toHaveLength(4);
    for (const line of listening) expect(line).toMatch(/ (100\.64\.0\.1|\[fd77:6172:7265::1\]):7053 /);
  });

  test('an answer that points into the home is refused; so are its own names, unasked', async () => {
    expect(await ask('udp', 'home.example')).toMatchObject({ rcode: 'REFUSED', answers: [] });
    expect(asked).toHaveLength(1);
    expect(await ask('udp', 'nas.fritz.box')).toMatchObject({ rcode: 'REFUSED' });
    expect(asked).toHaveLength(1);
  });

  test("the owner's blocked domains are refused with all below them, unasked, also behind another name", async () => {
    for (const name of ['casino.example', 'www.Casino.example', 'ads.tracker.example'])
      expect(await ask('tcp', name)).toMatchObject({ rcode: 'REFUSED', answers: [] });
    expect(asked).toEqual([]);
    expect(await ask('udp', 'lure.example')).toMatchObject({ rcode: 'REFUSED', answers: [] });
    expect(await ask('udp', 'nocasino.example')).toMatchObject({ rcode: 'NXDOMAIN' });
  });
});

describe('with another server', () => {
  afterEach(() => stop(resolver, 'SIGTERM'));

  test('whose certificate is for another name: nothing is asked, over TLS or otherwise', async () => {
    await resolve({ upstreamDns: [`${WEB4}#elsewhere.example`] });
    expect(await ask('udp', 'web.example')).toMatchObject({ rcode: 'SERVFAIL' });
    expect(asked).toEqual([]);
  });

  test('that the owner named for plain text: UDP, and TCP for what was cut', async () => {
    await resolve({ upstreamDns: [WEB4] });
    expect(await ask('udp', 'web.example')).toMatchObject({ rcode: 'NOERROR', answers: [WEB4] });
    expect(await ask('tcp', 'long.example', { type: 'TXT' })).toMatchObject({ rcode: 'NOERROR', truncated: false });
    expect(asked.map((line) => line.split(' ')[0])).toEqual(['udp', 'udp', 'tcp']);
  });
});
