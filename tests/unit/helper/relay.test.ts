/** The relay as a stranger meets it: over a raw WebSocket and HTTP, friendly and hostile. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createMetrics } from '../../../helper/metrics.ts';
import { LIMITS } from '../../../helper/relay/limits.ts';
import { type Relay, startRelay } from '../../../helper/relay/server.ts';
import { createClock } from '../../../shared/node/clock.ts';
import { loadNostr, type Nostr } from '../../../shared/node/nostr.ts';
import {
  matchesFilter,
  type NostrEvent,
  parseEvent,
  parseFilter,
  type UnsignedEvent,
} from '../../../shared/wire/nostr.ts';
import { SIGNAL_KIND } from '../../../shared/wire/proposal.ts';
import { proposalEvent } from '../../../shared/wire/proposal-event.ts';
import { sampleProposal } from '../../fakes/proposal.ts';

const clock = createClock();
const nowSec = () => Math.floor(Date.now() / 1000);
const start = (more: Partial<Parameters<typeof startRelay>[0]> = {}) =>
  startRelay({ listen: { address: '127.0.0.1', port: 0 }, peers: [], clock, metrics: createMetrics(), ...more });

let relay: Relay;
let nostr: Nostr;
const sockets: WebSocket[] = [];
beforeAll(async () => {
  relay = await start();
  nostr = await loadNostr();
});
afterAll(async () => {
  for (const socket of sockets) socket.terminate();
  await relay.close();
});

type Frame = readonly unknown[];
async function connect(url = relay.url) {
  const socket = new WebSocket(url);
  sockets.push(socket);
  const frames: Frame[] = [];
  socket.on('message', (data) => frames.push(JSON.parse(data.toString())));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const send = (frame: unknown) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  const next = (match: (frame: Frame) => boolean, since = 0) =>
    vi.waitFor(() => {
      const found = frames.slice(since).find(match);
      if (!found) throw new Error(`not said: ${JSON.stringify(frames).slice(0, 300)}`);
      return found;
    }, 3000);
  return {
    socket,
    frames,
    send,
    /** Publishes and gives the OK frame's verdict and reason. */
    async publish(event: NostrEvent) {
      const since = frames.length;
      send(['EVENT', event]);
      const [, , accepted, reason] = await next(([type, id]) => type === 'OK' && id === event.id, since);
      return { accepted, reason };
    },
    /** Subscribes; resolves at EOSE or CLOSED with the events so far, or the reason. */
    async ask(id: string, ...filters: unknown[]) {
      send(['REQ', id, ...filters]);
      const end = await next(([type, of]) => (type === 'EOSE' || type === 'CLOSED') && of === id);
      if (end[0] === 'CLOSED') return end[2];
      return frames.filter(([type, of]) => type === 'EVENT' && of === id).map((frame) => frame[2] as NostrEvent);
    },
    next,
  };
}

function key() {
  const secret = nostr.generateSecretKey();
  const name = nostr.publicKeyOf(secret);
  return { name, sign: (event: UnsignedEvent) => nostr.sign(event, secret) };
}

const signal = (to: string, content = 'AQ=='): UnsignedEvent => ({
  kind: SIGNAL_KIND,
  created_at: nowSec(),
  tags: [
    ['p', to],
    ['n', '1'],
  ],
  content,
});

describe('signals', () => {
  test('go to their receiver only, and the sender hears OK', async () => {
    const [alice, bob, eve] = [key(), key(), key()];
    const [a, b, e] = [await connect(), await connect(), await connect()];
    await b.ask('in', { kinds: [SIGNAL_KIND], '#p': [bob.name] });
    await e.ask('in', { kinds: [SIGNAL_KIND], '#p': [eve.name] });
    expect(await a.publish(alice.sign(signal(bob.name)))).toEqual({ accepted: true, reason: '' });
    await b.next(([type]) => type === 'EVENT');
    expect(e.frames.filter(([type]) => type === 'EVENT')).toEqual([]);
  });

  test('for nobody are refused at once with a machine-readable reason', async () => {
    const a = await connect();
    expect(await a.publish(key().sign(signal(key().name)))).toEqual({
      accepted: false,
      reason: 'unreachable: nobody listens',
    });
  });

  test('can not be followed without naming the receiver', async () => {
    const a = await connect();
    expect(await a.ask('all', { kinds: [SIGNAL_KIND] })).toMatch(/^restricted:/);
    expect(await a.ask('any', {})).toMatch(/^unsupported:/);
  });

  test('are not delivered any more after CLOSE', async () => {
    const bob = key();
    const [a, b] = [await connect(), await connect()];
    await b.ask('in', { kinds: [SIGNAL_KIND], '#p': [bob.name] });
    b.send(['CLOSE', 'in']);
    await b.ask('flush', { kinds: [30777], '#c': ['XX'] });
    expect((await a.publish(key().sign(signal(bob.name)))).accepted).toBe(false);
  });
});

describe('proposals', () => {
  test('with a wrong signature, time, kind, expiry or size are refused, each with its word', async () => {
    const a = await connect();
    const me = key();
    const base = proposalEvent(sampleProposal(), nowSec());
    const good = me.sign(base);
    const reasons = async (event: NostrEvent) => (await a.publish(event)).reason;
    expect(await reasons({ ...good, content: '{}' })).toBe('invalid: signature');
    expect(await reasons(me.sign({ ...base, created_at: nowSec() - 4000 }))).toMatch(/^invalid: created_at/);
    expect(await reasons(me.sign({ ...base, kind: 1 }))).toMatch(/^blocked:/);
    expect(await reasons(me.sign({ ...base, tags: [['d', 'warren']] }))).toMatch(/^invalid: expiration/);
    expect(await reasons(me.sign({ ...base, tags: base.tags.slice(1) }))).toBe('invalid: d tag missing');
    expect(await reasons(me.sign({ ...base, content: 'x'.repeat(5000) }))).toMatch(/^invalid: a proposal/);
    expect(await reasons(good)).toBe('');
  });

  test('an older version does not replace a newer one, and a deleted one does not come back', async () => {
    const a = await connect();
    const me = key();
    const at = (second: number) => me.sign(proposalEvent(sampleProposal(), second));
    const mine = { kinds: [30777], authors: [me.name] };
    const now = nowSec();
    await a.publish(at(now));
    expect((await a.publish(at(now - 5))).reason).toMatch(/^duplicate:/);
    expect(await a.ask('one', mine)).toMatchObject([{ created_at: now }]);
    const deletion = { kind: 5, created_at: now + 1, tags: [['a', `30777:${me.name}:warren`]], content: '' };
    expect((await a.publish(me.sign(deletion))).accepted).toBe(true);
    expect(await a.ask('two', mine)).toEqual([]);
    expect((await a.publish(at(now + 1))).reason).toMatch(/^blocked: deleted/);
    expect((await a.publish(at(now + 2))).accepted).toBe(true);
  });

  test('nobody can delete what another published', async () => {
    const a = await connect();
    const [me, thief] = [key(), key()];
    const event = me.sign(proposalEvent(sampleProposal(), nowSec()));
    await a.publish(event);
    const tags = [
      ['a', `30777:${me.name}:warren`],
      ['e', event.id],
    ];
    await a.publish(thief.sign({ kind: 5, created_at: nowSec(), tags, content: '' }));
    expect(await a.ask('still', { kinds: [30777], authors: [me.name] })).toHaveLength(1);
  });

  test('a key can hold four, no more', async () => {
    const a = await connect();
    const me = key();
    const base = proposalEvent(sampleProposal(), nowSec());
    const named = (name: string) => me.sign({ ...base, tags: [['d', name], ...base.tags.slice(1)] });
    for (const name of ['1', '2', '3', '4']) expect((await a.publish(named(name))).accepted).toBe(true);
    expect((await a.publish(named('5'))).reason).toMatch(/^rate-limited:/);
  });

  test('who may publish can be decided by a hook', async () => {
    const member = key();
    const closed = await start({ admission: async (name) => name === member.name });
    const a = await connect(closed.url);
    const event = proposalEvent(sampleProposal(), nowSec());
    expect((await a.publish(key().sign(event))).reason).toMatch(/^restricted:/);
    expect((await a.publish(member.sign(event))).accepted).toBe(true);
    await closed.close();
  });

  test('a long answer comes whole, newest first', async () => {
    const many = await start();
    const a = await connect(many.url);
    const base = proposalEvent(sampleProposal({ city: 'x'.repeat(60) }), nowSec());
    for (let n = 0; n < 120; n++) await a.publish(key().sign({ ...base, created_at: nowSec() - n }));
    const all = (await a.ask('all', { kinds: [30777], limit: 5000 })) as NostrEvent[];
    expect(all).toHaveLength(120);
    expect(all.map((event) => event.created_at)).toEqual(
      all.map((event) => event.created_at).toSorted((x, y) => y - x),
    );
    await many.close();
  });

  test('another relay copies them, and their deletion', async () => {
    const copy = await start({ peers: [relay.url] });
    const [a, b] = [await connect(), await connect(copy.url)];
    const me = key();
    await a.publish(me.sign(proposalEvent(sampleProposal(), nowSec())));
    let n = 0;
    const count = async () => (await b.ask(`q${n++}`, { kinds: [30777], authors: [me.name] })) as NostrEvent[];
    await vi.waitFor(async () => expect(await count()).toHaveLength(1), 3000);
    const tags = [['a', `30777:${me.name}:warren`]];
    await a.publish(me.sign({ kind: 5, created_at: nowSec() + 1, tags, content: '' }));
    await vi.waitFor(async () => expect(await count()).toHaveLength(0), 3000);
    await copy.close();
  });
});

describe('limits', () => {
  test('a connection holds twenty subscriptions', async () => {
    const a = await connect();
    const filter = { kinds: [SIGNAL_KIND], '#p': [key().name] };
    for (let i = 0; i < LIMITS.subscriptionsPerConnection; i++) expect(await a.ask(`s${i}`, filter)).toEqual([]);
    expect(await a.ask('more', filter)).toMatch(/^rate-limited:/);
  });

  test('a frame over 32 KiB ends the connection, the relay lives on', async () => {
    const a = await connect();
    const closed = new Promise((resolve) => a.socket.once('close', resolve));
    a.send('x'.repeat(LIMITS.frameBytes + 1));
    expect(await closed).toBe(1009);
    expect(await (await connect()).ask('alive', { kinds: [30777], '#c': ['XX'] })).toEqual([]);
  });

  test('a flood of frames is told to slow down', async () => {
    const a = await connect();
    for (let i = 0; i < 400; i++) a.send(['CLOSE', 'x']);
    await a.next(([type, text]) => type === 'NOTICE' && String(text).startsWith('rate-limited:'));
  });

  test('frames of any shape never bring the relay down', async () => {
    const a = await connect();
    const shapes = fc.sample(
      fc.oneof(fc.json(), fc.string(), fc.constantFrom('["EVENT"]', '["REQ"]', '["REQ","a",{"#":1}]')),
      120,
    );
    for (const shape of shapes) a.send(shape);
    expect(await a.ask('alive', { kinds: [30777], '#c': ['XX'] })).toEqual([]);
  });
});

describe('the wire schema', () => {
  test('no value makes the parsers throw', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(parseEvent(value)).toBeNull();
        expect(() => parseFilter(value)).not.toThrow();
      }),
    );
  });

  test('a key that is no NIP-01 condition makes the filter invalid rather than wider', () => {
    expect(parseFilter({ kinds: [1], search: 'x' })).toBeNull();
    expect(parseFilter({ kinds: [1], '#pp': ['x'] })).toBeNull();
    expect(parseFilter({ kinds: ['1'] })).toBeNull();
    expect(parseFilter({ kinds: [1], '#p': ['x'], limit: 3 })).toEqual({ kinds: [1], '#p': ['x'], limit: 3 });
  });

  test('every condition of a filter must hold', () => {
    const event = { id: 'i', pubkey: 'k', kind: 7, created_at: 50, tags: [['p', 'x']], content: '', sig: '' };
    expect(
      matchesFilter({ ids: ['i'], authors: ['k'], kinds: [7], since: 50, until: 50, '#p': ['y', 'x'] }, event),
    ).toBe(true);
    for (const filter of [
      { ids: [] },
      { authors: ['z'] },
      { kinds: [8] },
      { since: 51 },
      { until: 49 },
      { '#p': ['y'] },
      { '#c': ['x'] },
    ]) {
      expect(matchesFilter(filter, event)).toBe(false);
    }
  });
});

describe('HTTP', () => {
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(relay.url.replace('ws:', 'http:') + path, { headers });

  test('the relay describes itself (NIP-11)', async () => {
    const response = await get('/', { accept: 'application/nostr+json' });
    expect(await response.json()).toMatchObject({
      supported_nips: [1, 9, 11, 40],
      limitation: { max_message_length: 32_768 },
    });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  test('metrics count what happened and name nobody', async () => {
    const text = await (await get('/metrics')).text();
    expect(text).toMatch(/^warren_events_total\{kind="signal",outcome="unreachable"} \d+$/m);
    expect(text).toMatch(/^warren_proposals \d+$/m);
    expect(text).not.toMatch(/[0-9a-f]{64}|127\.0\.0\.1/);
  });

  test('anything else is not found or not allowed', async () => {
    expect((await get('/secret')).status).toBe(404);
    expect((await fetch(relay.url.replace('ws:', 'http:'), { method: 'POST' })).status).toBe(405);
  });
});
