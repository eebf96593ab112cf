/** The real adapters against relays that fail, lie or come back. */
import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { startHelper } from '../../../helper/helper.ts';
import { createClock } from '../../../shared/node/clock.ts';
import { loadNostr } from '../../../shared/node/nostr.ts';
import { openRendezvous } from '../../../shared/node/relays/open.ts';
import { RelayPool } from '../../../shared/node/relays/pool.ts';
import { Sequence } from '../../../shared/node/relays/sequence.ts';
import { signalEvent } from '../../../shared/node/relays/signal-event.ts';
import type { NostrEvent } from '../../../shared/wire/nostr.ts';
import { proposalEvent, readProposalEvent } from '../../../shared/wire/proposal-event.ts';
import { keyToAddresses } from '../../../shared/wire/proposal-key.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { sampleProposal } from '../../fakes/proposal.ts';

const clock = createClock();
const KEY = new Uint8Array(32).fill(5);
const nowSec = () => Math.floor(Date.now() / 1000);
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function join(relays: readonly string[], secretKey?: Uint8Array) {
  const rendezvous = openRendezvous({ relays, clock, ...(secretKey ? { secretKey } : {}) });
  closers.push(() => rendezvous.close());
  return rendezvous;
}

async function helper(port = 0) {
  const started = await startHelper({ relay: { address: '127.0.0.1', port }, clock });
  closers.push(() => started.close());
  return started;
}

/** A relay that answers every REQ with these events, whatever was asked. */
async function liar(events: (subscription: string) => readonly unknown[]) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  server.on('connection', (socket: WebSocket) => {
    socket.on('message', (data) => {
      const [type, id] = JSON.parse(data.toString());
      if (type !== 'REQ') return;
      for (const frame of events(id)) socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
      socket.send(JSON.stringify(['EOSE', id]));
    });
  });
  closers.push(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  const bound = server.address();
  return `ws://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
}

/** A relay that takes everything and answers nothing, as one whose process hangs. */
async function mute() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  closers.push(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  const bound = server.address();
  return `ws://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
}

async function signed(change: (event: NostrEvent) => void = () => {}): Promise<NostrEvent> {
  const event = (await loadNostr()).sign(proposalEvent(sampleProposal(), nowSec()), KEY);
  change(event);
  return event;
}

describe('Directory', () => {
  test('forged, foreign, expired and malformed events of a lying relay are not found; the true one is', async () => {
    const { sign } = await loadNostr();
    const content = JSON.parse((await signed()).content);
    const re = async (change: (event: NostrEvent) => void) => sign(await signed(change), KEY);
    const bad = [
      await signed((e) => {
        e.content = JSON.stringify({ ...content, pricePerMB: '1' });
      }),
      await re((e) => {
        e.content = JSON.stringify({ ...content, country: 'FR' });
      }),
      await re((e) => {
        e.tags = e.tags.map(([name = '', value = '']) => [name, name === 'expiration' ? String(nowSec() - 1) : value]);
      }),
      await re((e) => {
        e.content = JSON.stringify({ ...content, city: 'x'.repeat(2000) });
      }),
      await re((e) => {
        e.kind = 1;
      }),
      { id: 'no event' },
      null,
    ];
    const good = await signed();
    const url = await liar((id) => ['{', '[]', '"x"', ...[...bad, good].map((event) => ['EVENT', id, event])]);
    const found = await join([url]).directory.find({});
    expect(found.map((f) => f.proposal.pricePerMB)).toEqual([sampleProposal().pricePerMB]);
  });

  test('a relay that is down does not keep the others from being heard', async () => {
    const { relayUrl } = await helper();
    const relays = [relayUrl ?? '', 'ws://127.0.0.1:9'];
    const provider = join(relays, KEY);
    await provider.ready(3000);
    expect((await provider.directory.publish(sampleProposal())).accepted).toBe(1);
    const client = join(relays);
    await client.ready(3000);
    const started = performance.now();
    expect(await client.directory.find({})).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test('a relay that says nothing at all costs a look-up 400 ms, not its three seconds', async () => {
    const { relayUrl } = await helper();
    const relays = [relayUrl ?? '', await mute()];
    const provider = join(relays, KEY);
    await provider.ready(3000);
    void provider.directory.publish(sampleProposal());
    const client = join(relays);
    await client.ready(3000);
    await vi.waitFor(async () => expect(await client.directory.find({})).toHaveLength(1), 3000);
    const started = performance.now();
    expect(await client.directory.find({})).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test('a relay that goes in the middle of a look-up is not waited for', async () => {
    const { relayUrl } = await helper();
    const silent = await mute();
    const client = join([relayUrl ?? '', silent]);
    await client.ready(3000);
    const started = performance.now();
    const found = client.directory.find({});
    await closers.splice(closers.length - 2, 1)[0]?.();
    expect(await found).toEqual([]);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test('what is too dear by far is not sent', async () => {
    const { relayUrl } = await helper();
    const provider = join([relayUrl ?? ''], KEY);
    await provider.ready(3000);
    await provider.directory.publish(sampleProposal({ pricePerMB: 1000n }));
    const client = join([relayUrl ?? '']);
    expect(await client.directory.find({ maxPricePerMB: 1000n })).toHaveLength(1);
    expect(await client.directory.find({ maxPricePerMB: 100n })).toEqual([]);
  });

  test('no relay at all is an error with a name', async () => {
    const rendezvous = join(['ws://127.0.0.1:9']);
    await expect(rendezvous.ready(500)).rejects.toMatchObject({ code: 'relay_unreachable' });
    await expect(rendezvous.directory.find({})).rejects.toMatchObject({ code: 'relay_unreachable' });
    expect(rendezvous.directory.status()).toBe('unreachable');
  });

  test('a relay that restarts is told the proposal again, and listeners are back', async () => {
    const first = await startHelper({ relay: { address: '127.0.0.1', port: 0 }, clock });
    const url = first.relayUrl ?? '';
    const provider = join([url], KEY);
    await provider.ready(3000);
    await provider.directory.publish(sampleProposal());
    await provider.signal.listen(() => {});
    await first.close();
    await helper(Number(new URL(url).port));
    const client = join([url]);
    await client.ready(3000);
    const key = (await loadNostr()).publicKeyOf(KEY);
    await vi.waitFor(async () => expect(await client.directory.find({})).toHaveLength(1), {
      timeout: 5000,
      interval: 100,
    });
    await vi.waitFor(async () => expect(await client.signal.ping(key, 500)).not.toBeNull(), 5000);
  });
});

describe('Signal', () => {
  test('that nobody listens is said within a second or so, also when another relay says nothing', async () => {
    const { relayUrl } = await helper();
    const client = join([relayUrl ?? '', await mute()]);
    await client.ready(3000);
    const nobody = (await loadNostr()).publicKeyOf(new Uint8Array(32).fill(9));
    const conversation = client.signal.open(nobody);
    const started = performance.now();
    const unreachable = new Promise<void>((resolve) => conversation.onUnreachable(resolve));
    conversation.send(Uint8Array.of(1));
    await unreachable;
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test('what is told waits for nothing that was lost before it', async () => {
    const { relayUrl } = await helper();
    const node = join([relayUrl ?? ''], KEY);
    const heard: { readonly what: string; readonly at: number }[] = [];
    await node.signal.listen((conversation) =>
      conversation.onMessage((message) => heard.push({ what: Buffer.from(message).toString(), at: performance.now() })),
    );
    const { sign, publicKeyOf } = await loadNostr();
    const pool = new RelayPool([relayUrl ?? ''], clock);
    closers.push(() => pool.close());
    const publish = (number: number, text: string) =>
      pool.publish(
        sign(signalEvent(publicKeyOf(KEY), number, Buffer.from(text), nowSec()), new Uint8Array(32).fill(6)),
      );
    // Number 1 never arrives.
    for (const [number, text] of [
      [2, 'sent'],
      [0, 'told'],
      [0, 'told again'],
    ] as const)
      publish(number, text);
    await vi.waitFor(() => expect(heard.map(({ what }) => what)).toEqual(['told', 'told again', 'sent']), 5000);
    expect((heard[2]?.at ?? 0) - (heard[1]?.at ?? 0)).toBeGreaterThan(900);
  });
});

describe('the proposal event', () => {
  test('reading what was written gives the same proposal', async () => {
    fc.assert(
      fc.property(
        fc.record({
          country: fc.constantFrom('DE', 'JP', 'FR'),
          residential: fc.boolean(),
          pricePerMB: fc.bigInt({ min: 0n, max: 10n ** 29n }),
          city: fc.string({ maxLength: 60 }),
          asn: fc.option(fc.nat()),
        }),
        (change) => {
          const proposal = sampleProposal(change);
          const event = { ...proposalEvent(proposal, nowSec()), id: '', sig: '', pubkey: 'k' };
          expect(readProposalEvent(event, nowSec())?.proposal).toEqual(proposal);
        },
      ),
    );
  });

  test('any content whatever is refused without a throw', () => {
    const event = { ...proposalEvent(sampleProposal(), nowSec()), id: '', sig: '', pubkey: 'k' };
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (content) => {
        expect(readProposalEvent({ ...event, content }, nowSec())).toBeNull();
      }),
    );
  });

  test('the accounts of a Nostr key hold the account of its secret key', async () => {
    const { privateKeyToAddress } = await import('viem/accounts');
    const { publicKeyOf, generateSecretKey } = await loadNostr();
    for (let i = 0; i < 8; i++) {
      const secret = generateSecretKey();
      const account = privateKeyToAddress(`0x${Buffer.from(secret).toString('hex')}`).toLowerCase();
      expect(keyToAddresses(publicKeyOf(secret))).toContain(account);
    }
    expect(() => keyToAddresses('ff'.repeat(32))).toThrow(RangeError);
    expect(() => keyToAddresses('nonsense')).toThrow(RangeError);
  });
});

describe('Sequence', () => {
  test('messages leave in the order of their numbers, each once, and a lost one is given up after a second', () => {
    const time = createFakeClock();
    const heard: number[] = [];
    const sequence = new Sequence(time, ([n = 0]) => heard.push(n));
    for (const n of [2, 1, 1, 2, 4, 5]) sequence.take(n, Uint8Array.of(n));
    expect(heard).toEqual([1, 2]);
    time.advance(999);
    expect(heard).toEqual([1, 2]);
    time.advance(1);
    expect(heard).toEqual([1, 2, 4, 5]);
    sequence.take(3, Uint8Array.of(3));
    sequence.take(1000, Uint8Array.of(9));
    expect(heard).toEqual([1, 2, 4, 5]);
  });

  test('whatever keeps coming behind a lost message, it waits for a second and no longer', () => {
    const time = createFakeClock();
    const heard: number[] = [];
    const sequence = new Sequence(time, ([n = 0]) => heard.push(n));
    for (const n of [2, 3, 4, 5]) {
      sequence.take(n, Uint8Array.of(n));
      time.advance(300);
    }
    expect(heard).toEqual([2, 3, 4, 5]);
  });
});
