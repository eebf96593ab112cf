/** The helper as somebody starts it: options or environment, one process, and what it says of itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { parseOptions } from '../../../helper/options.ts';
import { LIMITS } from '../../../helper/relay/limits.ts';
import { sourceOfRequest } from '../../../helper/relay/source.ts';
import { loadNostr } from '../../../shared/node/nostr.ts';
import { signalEvent } from '../../../shared/node/relays/signal-event.ts';

const MAIN = fileURLToPath(new URL('../../../helper/main.ts', import.meta.url));
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

async function start(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, 'start', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, WARREN_HELPER_LOG: 'silent', ...env },
  });
  started.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { ready } = JSON.parse(String(line)) as { ready: { stun: { port: number }[]; relay: string } };
  return { child, ready, http: ready.relay.replace('ws:', 'http:') };
}

test('settings come from flags or the environment, and flags win', () => {
  const env = {
    WARREN_HELPER_STUN: '192.0.2.1:3478',
    WARREN_HELPER_STUN_ALT: '192.0.2.2:3479',
    WARREN_HELPER_RELAY: '',
  };
  expect(parseOptions(['start'], env)).toMatchObject({
    stun: { address: '192.0.2.1', port: 3478 },
    stunAlternate: { address: '192.0.2.2', port: 3479 },
    relay: null,
    proxied: false,
  });
  expect(parseOptions(['start', '--stun', '192.0.2.9:1'], env).stun?.address).toBe('192.0.2.9');
  const behind = { WARREN_HELPER_RELAY: '127.0.0.1:7000', WARREN_HELPER_PROXIED: '1' };
  expect(parseOptions([], behind).proxied).toBe(true);
});

test.each([
  [['begin', '--relay', '127.0.0.1:1'], {}],
  [['start', 'now', '--relay', '127.0.0.1:1'], {}],
  [['start', '--proxied', '--stun', '127.0.0.1:1'], {}],
  [['start', '--relay', '127.0.0.1:1'], { WARREN_HELPER_PROXIED: 'yes' }],
])('%j %j is refused with a word about help', (args, env) => {
  expect(() => parseOptions(args, env)).toThrow(expect.objectContaining({ code: 'frame_malformed' }));
});

test('STUN and relay in one process, which tells what it costs and stops on SIGTERM', async () => {
  const { child, ready, http } = await start({ WARREN_HELPER_STUN: '127.0.0.1:0', WARREN_HELPER_RELAY: '127.0.0.1:0' });
  expect(ready.stun).toHaveLength(1);
  const text = await (await fetch(`${http}/metrics`)).text();
  expect(text).toMatch(/^# TYPE process_cpu_seconds_total counter$/m);
  const rss = Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1]);
  expect(rss).toBeGreaterThan(20e6);
  expect(rss).toBeLessThan(200e6);
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('one source has its share of pages and of events, however many connections it opens', async () => {
  const { http, ready } = await start({ WARREN_HELPER_RELAY: '127.0.0.1:0' });
  const answers = await Promise.all(Array.from({ length: 80 }, async () => (await fetch(`${http}/health`)).status));
  expect(answers.filter((status) => status === 429).length).toBeGreaterThan(0);

  const nostr = await loadNostr();
  const nobody = nostr.publicKeyOf(nostr.generateSecretKey());
  const event = nostr.sign(
    signalEvent(nobody, 1, Uint8Array.of(1), Math.floor(Date.now() / 1000)),
    nostr.generateSecretKey(),
  );
  const reasons: string[] = [];
  const connections = Math.ceil((LIMITS.eventsPerSource.burst * 1.2) / LIMITS.framesPerConnection.burst);
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = new WebSocket(ready.relay);
      socket.on('message', (data) => reasons.push(String(JSON.parse(data.toString())[3])));
      await once(socket, 'open');
      return socket;
    }),
  );
  const frame = JSON.stringify(['EVENT', event]);
  for (const socket of sockets) for (let n = 0; n < LIMITS.framesPerConnection.burst; n++) socket.send(frame);
  await vi.waitFor(() => expect(reasons).toContain('rate-limited: too many events from your address'), 10_000);
  expect(reasons).toContain('unreachable: nobody listens');
  for (const socket of sockets) socket.terminate();
});

test('behind a proxy on this machine the last one that it names counts, else the peer itself', () => {
  const request = (remoteAddress: string, forwarded?: string | string[]) =>
    ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;
  const local = '::ffff:127.0.0.1';
  expect(sourceOfRequest(request(local, '198.51.100.1, 203.0.113.7'), true)).toBe('203.0.113.7');
  expect(sourceOfRequest(request('::1', '2001:db8:1:2:3::4'), true)).toBe('2001:db8:1:2');
  expect(sourceOfRequest(request(local, '203.0.113.7'), false)).toBe('127.0.0.1');
  expect(sourceOfRequest(request(local, 'nonsense'), true)).toBe('127.0.0.1');
  expect(sourceOfRequest(request('203.0.113.9', '203.0.113.7'), true)).toBe('203.0.113.9');
});
