/**
 * The proxy on loopback: who is let in, and what is refused. (What it carries is held in tests/net, since
 * it refuses to carry anything to this machine.)
 */
import { createSocket, type Socket as Datagram } from 'node:dgram';
import { connect } from 'node:net';
import * as packet from 'dns-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalProxy } from '../../../native-host/local-proxy/api.ts';
import { createLocalProxy } from '../../../native-host/local-proxy/proxy.ts';
import { SELF_TEST_HOST } from '../../../shared/wire/self-test.ts';

let proxy: LocalProxy;
let dns: Datagram;
const asked: string[] = [];

/** A hostile resolver: rebind.example is this very machine, anything else does not exist. */
async function startResolver(): Promise<number> {
  dns = createSocket('udp4');
  dns.on('message', (message, from) => {
    const query = packet.decode(message);
    const name = query.questions?.[0]?.name ?? '';
    asked.push(name);
    const known = name === 'rebind.example';
    const answer = packet.encode({
      type: 'response',
      id: query.id ?? 0,
      flags: packet.RECURSION_AVAILABLE | (known ? 0 : 3),
      questions: query.questions ?? [],
      answers: known ? [{ type: 'A', name, ttl: 5, data: '127.0.0.1' }] : [],
    });
    dns.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => dns.bind(0, '127.0.0.1', resolve));
  return dns.address().port;
}

beforeAll(async () => {
  const port = await startResolver();
  proxy = await createLocalProxy({
    localAddress4: '127.0.0.1',
    localAddress6: null,
    resolver: { address: '127.0.0.1', port },
  });
});
afterAll(async () => {
  await proxy.close();
  dns.close();
});

/** Writes the pieces, one write each, and reads until the proxy hangs up. */
function talk(pieces: readonly (string | Uint8Array)[], port = proxy.port): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const chunks: Buffer[] = [];
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    void (async () => {
      for (const piece of pieces) await new Promise<void>((written) => socket.write(piece, () => written()));
    })();
  });
}

const basic = (): string => Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64');
const connectTo = (target: string, credentials = basic()): string =>
  `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`;
const get = (url: string, credentials = basic()): string =>
  `GET ${url} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`;

function socks(host: string, port: number, password = proxy.password): Uint8Array {
  const auth = [1, proxy.username.length, ...Buffer.from(proxy.username), password.length, ...Buffer.from(password)];
  return Uint8Array.from([5, 1, 2, ...auth, 5, 1, 0, 3, host.length, ...Buffer.from(host), port >> 8, port & 255]);
}

describe('HTTP', () => {
  test('asks for credentials, and takes no others', async () => {
    for (const request of [
      'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n',
      connectTo('example.org:443', Buffer.from('a:b').toString('base64')),
      get('http://example.org/', Buffer.from(`${proxy.username}:x`).toString('base64')),
    ]) {
      const answer = (await talk([request])).toString();
      expect(answer).toMatch(/^HTTP\/1\.1 407 /);
      expect(answer).toMatch(/Proxy-Authenticate: Basic realm="Warren"/i);
      expect(answer).toMatch(/X-Warren-Error: proxy_auth_required/i);
    }
  });

  test.each([
    '127.0.0.1:80',
    'localhost:80',
    '[::1]:80',
    '10.0.0.1:80',
    '169.254.169.254:80',
    'printer.local:631',
    '100.64.0.1:7077',
  ])('does not connect to %s', async (target) => {
    const answer = (await talk([connectTo(target)])).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toMatch(/X-Warren-Error: target_forbidden/i);
    expect(answer).toContain('<h1>This page did not load</h1>');
    expect((await talk([get(`http://${target}/`)])).toString()).toMatch(/^HTTP\/1\.1 403 /);
  });

  test('does not fall for a name that points back at this machine', async () => {
    expect((await talk([connectTo('rebind.example:80')])).toString()).toMatch(/X-Warren-Error: target_forbidden/i);
    expect((await talk([get('http://rebind.example/')])).toString()).toMatch(/X-Warren-Error: target_forbidden/i);
  });

  test('says when the name does not exist, having asked only the given resolver', async () => {
    const answer = (await talk([connectTo('nowhere.example:443')])).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 502 /);
    expect(answer).toMatch(/X-Warren-Error: name_unresolvable/i);
    expect(asked).toContain('nowhere.example');
  });

  test('answers the same however the request is cut in two', async () => {
    const request = connectTo('127.0.0.1:80');
    const whole = (await talk([request])).toString();
    for (let at = 1; at < request.length; at++)
      expect((await talk([request.slice(0, at), request.slice(at)])).toString()).toBe(whole);
  });

  test.each([
    'CONNECT / HTTP/1.1\r\n',
    'CONNECT example.org HTTP/1.1\r\n',
    'GET / HTTP/1.1\r\n',
    'GET https://a.example/ HTTP/1.1\r\n',
  ])('refuses %j as unreadable', async (line) => {
    const answer = (await talk([`${line}Host: x\r\nProxy-Authorization: Basic ${basic()}\r\n\r\n`])).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('hangs up on endless headers', async () => {
    const answer = await talk([`GET http://a.example/ HTTP/1.1\r\nX: ${'a'.repeat(40_000)}`]).catch(() =>
      Buffer.alloc(0),
    );
    expect(answer.toString()).not.toMatch(/^HTTP\/1\.1 2/);
  });

  test('keeps a page from writing into its own error page', async () => {
    const answer = (await talk([get('http://localhost/"><script>alert(1)</script>')])).toString();
    expect(answer).not.toContain('<script>');
  });
});

describe('the self-test', () => {
  const body = () => `{"proxy":"${proxy.username}","names":true}`;

  test('is answered by the proxy itself, with its own name and what its resolver did', async () => {
    asked.length = 0;
    const answer = (await talk([get(`http://${SELF_TEST_HOST}/`)])).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain(body());
    expect(asked).toEqual([expect.stringMatching(/^[0-9a-f-]{36}\.invalid$/)]);
  });

  test('is answered to SOCKS too, as a site would answer', async () => {
    const question = Buffer.from(`GET / HTTP/1.1\r\nHost: ${SELF_TEST_HOST}\r\n\r\n`);
    const answer = (await talk([socks(SELF_TEST_HOST, 80), question])).toString();
    expect(answer).toContain('HTTP/1.1 200 OK');
    expect(answer).toContain(body());
  });

  test('is for those with the credentials only', async () => {
    expect((await talk([get(`http://${SELF_TEST_HOST}/`, 'YTpi')])).toString()).toMatch(/^HTTP\/1\.1 407 /);
  });
});

describe('SOCKS5 on the same port', () => {
  test('refuses a wrong password', async () => {
    expect([...(await talk([socks('example.org', 443, 'wrong')]))]).toEqual([5, 2, 1, 1]);
  });

  test.each(['localhost', '127.0.0.1', 'rebind.example', '192.168.1.1'])('does not connect to %s', async (host) => {
    const answer = await talk([socks(host, 80)]);
    expect([...answer.subarray(0, 6)]).toEqual([5, 2, 1, 0, 5, 2]);
  });

  test('says when the name does not exist', async () => {
    expect((await talk([socks('nowhere.example', 80)]))[5]).toBe(4);
  });

  test('hangs up on what only began like SOCKS', async () => {
    expect((await talk([Uint8Array.of(5, 1, 0)])).toString('hex')).toBe('05ff');
    expect((await talk([Uint8Array.of(5, 1, 2, 9)])).toString('hex')).toBe('0502');
  });
});

test('counts what it accepted and refused', () => {
  const { accepted, refused, active } = proxy.counters();
  expect(accepted).toBeGreaterThan(20);
  expect(refused).toBeGreaterThan(20);
  expect(active).toBeLessThanOrEqual(accepted);
});

test('destroyAll ends every connection at once, and close frees the port', async () => {
  const own = await createLocalProxy({
    localAddress4: '127.0.0.1',
    localAddress6: null,
    resolver: { address: '127.0.0.1', port: 9 },
  });
  const waiting = talk(['CONNECT'], own.port).catch(() => Buffer.alloc(0));
  while (own.counters().active === 0) await new Promise((resolve) => setImmediate(resolve));
  own.destroyAll();
  expect((await waiting).length).toBe(0);
  await own.close();
  await own.close();
  await expect(talk(['x'], own.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
