/** What every Directory and Signal does: run over the real adapters with two helper relays, and over the twins. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Helper, startHelper } from '../../../helper/helper.ts';
import { address, didOf } from '../../../shared/base/units.ts';
import type { Conversation } from '../../../shared/effects.ts';
import { createClock } from '../../../shared/node/clock.ts';
import { loadNostr } from '../../../shared/node/nostr.ts';
import type { Rendezvous } from '../../../shared/node/relays/api.ts';
import { openRendezvous } from '../../../shared/node/relays/open.ts';
import { createFakeHub } from '../../fakes/hub.ts';
import { sampleProposal } from '../../fakes/proposal.ts';

interface World {
  join(secretKey?: Uint8Array): Rendezvous;
  close(): Promise<void>;
}

const worlds: [string, () => Promise<World>][] = [
  [
    'twins in memory',
    async () => {
      const hub = createFakeHub(createClock(), 1);
      return { join: (secretKey) => hub.rendezvous(secretKey), close: async () => {} };
    },
  ],
  [
    'two helper relays',
    async () => {
      const clock = createClock();
      const relay = { address: '127.0.0.1', port: 0 };
      const helpers: Helper[] = [await startHelper({ relay, clock }), await startHelper({ relay, clock })];
      const relays = helpers.map((helper) => helper.relayUrl ?? '');
      return {
        join: (secretKey) => openRendezvous({ relays, clock, ...(secretKey ? { secretKey } : {}) }),
        close: async () => {
          await Promise.all(helpers.map((helper) => helper.close()));
        },
      };
    },
  ],
];

const KEY = new Uint8Array(32).fill(5);
const OTHER_KEY = new Uint8Array(32).fill(6);
const otherDid = didOf(31337, address(`0x${'d'.repeat(40)}`));

describe.each(worlds)('%s', (_, start) => {
  let world: World;
  let joined: Rendezvous[];
  let provider: Rendezvous;
  let client: Rendezvous;
  let providerKey: string;

  function join(secretKey?: Uint8Array): Rendezvous {
    const rendezvous = world.join(secretKey);
    joined.push(rendezvous);
    return rendezvous;
  }

  beforeEach(async () => {
    world = await start();
    joined = [];
    provider = join(KEY);
    client = join();
    providerKey = (await loadNostr()).publicKeyOf(KEY);
    await Promise.all(joined.map((rendezvous) => rendezvous.ready(5000)));
  });
  afterEach(async () => {
    await Promise.all(joined.map((rendezvous) => rendezvous.close()));
    await world.close();
  });

  test('a published proposal is found once, under the key that signed it', async () => {
    const { accepted, refusals } = await provider.directory.publish(sampleProposal());
    expect(accepted).toBeGreaterThan(0);
    expect(refusals).toEqual([]);
    const found = await client.directory.find({});
    expect(found).toMatchObject([{ proposal: sampleProposal(), key: providerKey }]);
    expect((found[0]?.expiresAtSec ?? 0) - (found[0]?.publishedAtSec ?? 0)).toBe(1800);
  });

  test('a later proposal takes the place of the earlier one', async () => {
    await provider.directory.publish(sampleProposal());
    await provider.directory.publish(sampleProposal({ pricePerMB: 7n }));
    expect((await client.directory.find({})).map((f) => f.proposal.pricePerMB)).toEqual([7n]);
  });

  test('country, access, DID and limit narrow what is found', async () => {
    const other = join(OTHER_KEY);
    await other.ready(5000);
    await provider.directory.publish(sampleProposal());
    await other.directory.publish(sampleProposal({ country: 'JP', residential: false, did: otherDid }));
    const countries = async (query: Parameters<typeof client.directory.find>[0]) =>
      (await client.directory.find(query)).map((f) => f.proposal.country);
    expect(await countries({ country: 'JP' })).toEqual(['JP']);
    expect(await countries({ residential: true })).toEqual(['DE']);
    expect(await countries({ dids: [otherDid] })).toEqual(['JP']);
    expect(await countries({ country: 'FR' })).toEqual([]);
    expect(await countries({ limit: 1 })).toHaveLength(1);
    expect(await countries({})).toHaveLength(2);
  });

  test('a withdrawn proposal is gone', async () => {
    await provider.directory.publish(sampleProposal());
    await provider.directory.withdraw();
    expect(await client.directory.find({})).toEqual([]);
  });

  test('a conversation carries bytes both ways, in order, under a key of its own', async () => {
    const heard: string[] = [];
    const conversations: Conversation[] = [];
    await provider.signal.listen((conversation) => {
      conversations.push(conversation);
      conversation.onMessage((message) => {
        heard.push(Buffer.from(message).toString());
        conversation.send(Uint8Array.from([...message].reverse()));
      });
    });
    const answers: string[] = [];
    const conversation = client.signal.open(providerKey);
    conversation.onMessage((message) => answers.push(Buffer.from(message).toString()));
    for (const text of ['one', 'two', 'three']) conversation.send(Buffer.from(text));
    await vi.waitFor(() => expect(answers).toHaveLength(3), 5000);
    expect(heard).toEqual(['one', 'two', 'three']);
    expect(answers).toEqual(['eno', 'owt', 'eerht']);
    expect(conversations).toHaveLength(1);
    expect(conversations[0]?.peer).toMatch(/^[0-9a-f]{64}$/);

    const second = client.signal.open(providerKey);
    second.send(Buffer.from('four'));
    await vi.waitFor(() => expect(conversations).toHaveLength(2), 5000);
    expect(conversations[1]?.peer).not.toBe(conversations[0]?.peer);
  });

  test('what is told arrives among what is sent', async () => {
    const heard: string[] = [];
    await provider.signal.listen((conversation) =>
      conversation.onMessage((message) => heard.push(Buffer.from(message).toString())),
    );
    const conversation = client.signal.open(providerKey);
    conversation.send(Buffer.from('sent'));
    conversation.tell(Buffer.from('told'));
    conversation.send(Buffer.from('sent again'));
    await vi.waitFor(() => expect(heard).toEqual(['sent', 'told', 'sent again']), 5000);
    expect(() => conversation.tell(new Uint8Array(16_385))).toThrow(RangeError);
  });

  test('16 KiB pass whole, more is refused on the spot', async () => {
    const sizes: number[] = [];
    await provider.signal.listen((conversation) => conversation.onMessage((message) => sizes.push(message.length)));
    const conversation = client.signal.open(providerKey);
    expect(() => conversation.send(new Uint8Array(16_385))).toThrow(RangeError);
    conversation.send(new Uint8Array(16_384).fill(9));
    await vi.waitFor(() => expect(sizes).toEqual([16_384]), 5000);
  });

  test('who calls a key that nobody listens for learns it', async () => {
    const conversation = client.signal.open(providerKey);
    const unreachable = vi.fn();
    conversation.onUnreachable(unreachable);
    conversation.send(Uint8Array.of(1));
    await vi.waitFor(() => expect(unreachable).toHaveBeenCalledOnce(), 2000);
  });

  test('a listening provider answers pings by itself, an absent one gives null', async () => {
    expect(await client.signal.ping(providerKey, 3000)).toBeNull();
    const called = vi.fn();
    await provider.signal.listen(called);
    const rtt = await client.signal.ping(providerKey, 3000);
    expect(rtt).toBeGreaterThan(0);
    expect(rtt).toBeLessThan(3000);
    expect(called).not.toHaveBeenCalled();
  });

  test('after unsubscribing nobody listens any more', async () => {
    const stop = await provider.signal.listen(() => {});
    stop();
    await vi.waitFor(async () => expect(await client.signal.ping(providerKey, 1000)).toBeNull(), 3000);
  });
});
