/** What the local proxy carries: through a real tunnel, by CONNECT, by plain HTTP and by SOCKS5. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  CLIENT_TUNNEL,
  GATEWAY,
  join,
  type Netd,
  NetdLab,
  type Pair,
  PROVIDER4,
  run,
  stop,
  until,
  WEB4,
} from './netd-lab.ts';

const PROXY_MAIN = fileURLToPath(new URL('./netd-programs/proxy-main.ts', import.meta.url));
const DNS_MAIN = fileURLToPath(new URL('./netd-programs/dns-main.ts', import.meta.url));
const WEB_MAIN = fileURLToPath(new URL('./netd-programs/web-main.ts', import.meta.url));

const lab = new NetdLab();
let clientNetd: Netd;
let pair: Pair;
let child: ChildProcess;
let proxy: { port: number; username: string; password: string };

beforeAll(async () => {
  await lab.up();
  clientNetd = await lab.netd(lab.client, 'client');
  const providerNetd = await lab.netd(lab.provider, 'provider');
  pair = await join(await clientNetd.connect(), await providerNetd.connect());
  const { provider, providerTunnel: tunnel } = pair;
  await provider.ask({ verb: 'egress', tunnel, forbid: [PROVIDER4], blockedTcpPorts: [25] });
  await provider.ask({ verb: 'gate', tunnel, ...CLIENT_TUNNEL, open: true });
  await started(lab.start(lab.provider, process.execPath, DNS_MAIN, GATEWAY.address4, `site.example=${WEB4}`));
  await started(lab.start(lab.internet, process.execPath, WEB_MAIN, '8080'));
  // Counts every question for a name that leaves the client outside the tunnel.
  await lab.client.nft(`table inet watch {
  chain sent { type filter hook output priority 0; policy accept; oifname "wan" meta l4proto { tcp, udp } th dport 53 counter; }
}
`);
});
afterAll(() => lab.down());

beforeEach(async () => {
  if (child) await stop(child, 'SIGKILL');
  child = lab.start(
    lab.client,
    process.execPath,
    PROXY_MAIN,
    CLIENT_TUNNEL.address4,
    CLIENT_TUNNEL.address6,
    GATEWAY.address4,
  );
  proxy = JSON.parse(await started(child));
});

/** The first line that a program says. */
async function started(program: ChildProcess): Promise<string> {
  const [chunk] = (await once(program.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return chunk.toString();
}

const curl = (...args: readonly string[]) => lab.client.run('curl', '-sS', '--max-time', '8', ...args);
const curlWith = (body: string, ...args: readonly string[]) =>
  run('ip', ['netns', 'exec', lab.client.name, 'curl', '-sS', '--max-time', '8', ...args], body);
const http = () => ['--proxy', `http://${proxy.username}:${proxy.password}@127.0.0.1:${proxy.port}`] as const;
const socks = () => ['--proxy', `socks5h://${proxy.username}:${proxy.password}@127.0.0.1:${proxy.port}`] as const;

describe('a page', () => {
  test.each([
    ['CONNECT', () => [...http(), '--proxytunnel']],
    ['plain HTTP', () => [...http()]],
    ['SOCKS5', () => [...socks()]],
  ])('comes by %s, by name and by address, seen from the provider', async (_how, options) => {
    for (const host of ['site.example', WEB4]) {
      const { stdout, stderr } = await curl(...options(), `http://${host}:8080/whoami`);
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toMatchObject({
        from: PROVIDER4,
        host: `${host}:8080`,
        method: 'GET',
        path: '/whoami',
      });
    }
    const outside = await lab.client.must('nft', 'list', 'table', 'inet', 'watch');
    expect(outside).toContain('counter packets 0');
  });

  test('comes over IPv6 where the name has only that', async () => {
    const { stdout } = await curl(...socks(), 'http://six.example:8080/whoami');
    expect(JSON.parse(stdout)).toMatchObject({ from: '2003:e1::2' });
  });

  test('gets a body and its answer whole, whatever the way', async () => {
    for (const options of [http(), socks(), [...http(), '--proxytunnel']]) {
      const sent = 'x'.repeat(300_000);
      const { stdout } = await curlWith(sent, ...options, '--data-binary', '@-', `http://${WEB4}:8080/echo`);
      expect(stdout.length).toBe(sent.length);
      const { stdout: big } = await curl(
        ...options,
        '-o',
        '/dev/null',
        '-w',
        '%{size_download}',
        `http://${WEB4}:8080/bytes/5000000`,
      );
      expect(Number(big)).toBe(5_000_000);
    }
  });

  test('does not learn the credentials of the proxy', async () => {
    const { stdout } = await curl(
      ...http(),
      '-H',
      'Proxy-Connection: keep-alive',
      '-H',
      'Connection: X-Hop',
      '-H',
      'X-Hop: 1',
      `http://${WEB4}:8080/whoami`,
    );
    const seen = JSON.stringify(JSON.parse(stdout).headers).toLowerCase();
    expect(seen).not.toContain('proxy');
    expect(seen).not.toContain('x-hop');
  });

  test('two requests of one connection may go to two sites', async () => {
    const { stdout } = await curl(...http(), `http://${WEB4}:8080/whoami`, `http://site.example:8080/whoami`);
    expect(stdout.match(/(?<="path":"\/whoami",)"host":"[^"]*"/g)).toEqual([
      `"host":"${WEB4}:8080"`,
      '"host":"site.example:8080"',
    ]);
  });
});

test('a site that does not answer is reported in the proxy’s own words', async () => {
  const { stdout } = await curl(...http(), '-D', '-', `http://${WEB4}:9/`);
  expect(stdout).toMatch(/^HTTP\/1\.1 502 /);
  expect(stdout).toMatch(/X-Warren-Error: target_unreachable/i);
});

test('when the tunnel goes, the proxy says so and its connections end at once', async () => {
  const hanging = curl(...socks(), '--no-buffer', `http://${WEB4}:8080/slow`);
  await until('the page is loading', async () => (await counters()).active > 0);
  const asked = performance.now();
  child.kill('SIGUSR2');
  expect((await hanging).code).not.toBe(0);
  expect(performance.now() - asked).toBeLessThan(500);
  await lab.client.must('ip', 'link', 'del', pair.clientTunnel);
  const { stdout } = await curl(...http(), '-D', '-', `http://${WEB4}:8080/whoami`);
  expect(stdout).toMatch(/X-Warren-Error: (tunnel_lost|target_unreachable)/i);
});

/** The program prints its counters on SIGWINCH (proxy-main.ts; Node keeps SIGUSR1 for its debugger). */
async function counters(): Promise<{ active: number; bytesUp: number; bytesDown: number }> {
  const line = started(child);
  child.kill('SIGWINCH');
  return JSON.parse(await line);
}
