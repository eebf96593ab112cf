/** Passes for the TURN relay, from the helper that mints them to the fetch that reads them. */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { type Helper, startHelper } from '../../../helper/helper.ts';
import { createMetrics } from '../../../helper/metrics.ts';
import { parseOptions } from '../../../helper/options.ts';
import { createTurnGrants } from '../../../helper/turn.ts';
import { createClock } from '../../../shared/node/clock.ts';
import { fetchTurnGrant } from '../../../shared/node/turn/grant.ts';
import { parseTurnGrant } from '../../../shared/wire/turn/grant.ts';

const SECRET = 'a secret of the relay';
const TURN = { uris: ['turn:192.0.2.1:3478', 'turns:turn.test:443'], secret: SECRET, ttlSeconds: 3_600 };
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function helper(turn: typeof TURN | null): Promise<{ helper: Helper; url: string }> {
  const started = await startHelper({ relay: { address: '127.0.0.1', port: 0 }, turn, clock: createClock() });
  closing.push(() => started.close());
  return { helper: started, url: `${started.relayUrl?.replace('ws:', 'http:')}/turn` };
}

test('a pass is what coturn computes itself: HMAC-SHA1 over expiry and a random name', async () => {
  const { url } = await helper(TURN);
  const before = Math.floor(Date.now() / 1000);
  const grant = await fetchTurnGrant([url]);
  expect(grant.password).toBe(createHmac('sha1', SECRET).update(grant.username).digest('base64'));
  expect(Number(grant.username.split(':')[0])).toBeGreaterThanOrEqual(before + 3_600);
  expect(grant).toMatchObject({
    ttlSeconds: 3_600,
    servers: [
      { transport: 'udp', host: '192.0.2.1', port: 3478 },
      { transport: 'tls', host: 'turn.test', port: 443 },
    ],
  });
  expect((await fetchTurnGrant([url])).username).not.toBe(grant.username);
});

test('one source gets no more than it can use; another one is served', () => {
  const grants = createTurnGrants(TURN, createMetrics());
  let given = 0;
  while (grants.mint('192.0.2.7', 1_000) && given < 1_000) given++;
  expect(given).toBe(120);
  expect(grants.mint('192.0.2.8', 1_000)).not.toBeNull();
  expect(grants.mint('192.0.2.7', 2_000)).not.toBeNull();
});

test('who has had enough is told so', async () => {
  const { url } = await helper(TURN);
  const answers = await Promise.allSettled(Array.from({ length: 130 }, () => fetchTurnGrant([url])));
  const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : []));
  expect(new Set(refused)).toEqual(new Set(['rate_limited']));
});

test('a helper without a relay has no such page, and another helper is asked', async () => {
  const none = await helper(null);
  expect((await fetch(none.url)).status).toBe(404);
  await expect(fetchTurnGrant([none.url])).rejects.toMatchObject({ code: 'turn_unreachable' });
  const some = await helper(TURN);
  expect((await fetchTurnGrant([none.url, some.url])).ttlSeconds).toBe(3_600);
});

test('what is no grant is refused, and never read without end', async () => {
  let body = '';
  const server: Server = createServer((_, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/turn`;
  const good = { username: 'u', password: 'p', ttl: 60, uris: ['turn:192.0.2.1'] };
  for (const bad of [
    'not JSON',
    '[]',
    JSON.stringify({ ...good, ttl: 0 }),
    JSON.stringify({ ...good, uris: [] }),
    JSON.stringify({ ...good, uris: ['stun:192.0.2.1'] }),
    JSON.stringify({ ...good, padding: 'x'.repeat(10_000) }),
  ]) {
    body = bad;
    await expect(fetchTurnGrant([url])).rejects.toMatchObject({ code: 'turn_unreachable' });
  }
  body = JSON.stringify(good);
  expect(await fetchTurnGrant([url])).toMatchObject({ username: 'u', ttlSeconds: 60 });
});

test('any JSON is read without throwing', () => {
  fc.assert(fc.property(fc.jsonValue(), (json) => parseTurnGrant(json) === null));
});

test('the options: URIs in the arguments, the secret in the environment', () => {
  const args = ['--relay', '127.0.0.1:7000', '--turn', 'turn:192.0.2.1,turns:a.test:443', '--turn-ttl', '60'];
  const env = { WARREN_TURN_SECRET: SECRET };
  expect(parseOptions(args, env).turn).toEqual({
    uris: ['turn:192.0.2.1', 'turns:a.test:443'],
    secret: SECRET,
    ttlSeconds: 60,
  });
  expect(() => parseOptions(args, {})).toThrow(/WARREN_TURN_SECRET/);
  expect(() => parseOptions(['--stun', '127.0.0.1:1', '--turn', 'turn:a.test'], env)).toThrow(/--relay/);
  expect(() => parseOptions([...args.slice(0, 3), 'http://a.test'], env)).toThrow(/TURN URI/);
  expect(() => parseOptions([...args.slice(0, 5), 'soon'], env)).toThrow(/--turn-ttl/);
});
