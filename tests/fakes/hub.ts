/**
 * Directory and Signal in memory: everyone on one hub finds everyone. Behaves as the relays do in what
 * their callers can see (tests/unit/relays/compliance.test.ts holds both to it).
 */
import { schnorr } from '@noble/curves/secp256k1.js';
import { toHex } from '../../shared/base/bytes.ts';
import type { Clock, Conversation, Directory, Signal, Unsubscribe } from '../../shared/effects.ts';
import type { Rendezvous } from '../../shared/node/relays/api.ts';
import { type FoundProposal, PROPOSAL_LIFETIME_SEC, type Proposal } from '../../shared/wire/proposal.ts';

const MAX_MESSAGE_BYTES = 16_384;

export interface FakeHub {
  rendezvous(secretKey?: Uint8Array): Rendezvous;
  /** Nobody reaches anybody while it is down. */
  up: boolean;
}

interface End extends Conversation {
  take(message: Uint8Array): void;
  refuse(): void;
}

export function createFakeHub(clock: Clock, delay = 5): FakeHub {
  const proposals = new Map<string, FoundProposal>();
  /** Receiver key → what happens with a message from a key. */
  const ends = new Map<string, (from: string, message: Uint8Array) => void>();
  let drawn = 0;
  const publicKeyOf = (secretKey: Uint8Array) => toHex(schnorr.getPublicKey(secretKey)).slice(2);
  const freshKey = () => {
    const seed = new Uint8Array(32).fill(1);
    new DataView(seed.buffer).setUint32(0, ++drawn);
    return publicKeyOf(seed);
  };

  function end(self: string, peer: string, onClose: () => void): End {
    const messages = new Set<(message: Uint8Array) => void>();
    const unreachable = new Set<() => void>();
    const early: Uint8Array[] = [];
    let closed = false;
    const conversation: End = {
      peer,
      send(message) {
        if (message.length === 0 || message.length > MAX_MESSAGE_BYTES)
          throw new RangeError('a signal has 1 to 16384 bytes');
        if (closed || !hub.up) return;
        const copy = message.slice();
        clock.after(delay, () => {
          const receive = ends.get(peer);
          if (receive) receive(self, copy);
          else conversation.refuse();
        });
      },
      tell(message) {
        conversation.send(message);
      },
      onMessage(handler) {
        messages.add(handler);
        for (const message of early.splice(0)) handler(message);
        return () => messages.delete(handler);
      },
      onUnreachable(handler) {
        unreachable.add(handler);
        return () => unreachable.delete(handler);
      },
      take(message) {
        if (closed) return;
        if (messages.size === 0) early.push(message);
        for (const handler of [...messages]) handler(message);
      },
      refuse() {
        for (const handler of [...unreachable]) handler();
      },
      close() {
        if (closed) return;
        closed = true;
        messages.clear();
        unreachable.clear();
        onClose();
      },
    };
    return conversation;
  }

  function signal(secretKey: Uint8Array | undefined): Signal {
    const open = new Set<Conversation>();
    const openEnd = (peer: string): End => {
      const self = freshKey();
      const mine = end(self, peer, () => {
        ends.delete(self);
        open.delete(mine);
      });
      open.add(mine);
      ends.set(self, (from, message) => {
        if (from === peer) mine.take(message);
      });
      return mine;
    };
    return {
      open: openEnd,
      async listen(handler) {
        if (!secretKey) throw new Error('no key to listen with');
        const self = publicKeyOf(secretKey);
        const peers = new Map<string, End>();
        ends.set(self, (from, message) => {
          if (message[0] === 6) {
            const pong = message.slice();
            pong[0] = 7;
            clock.after(delay, () => ends.get(from)?.(self, pong));
            return;
          }
          const known = peers.get(from);
          if (known) return known.take(message);
          const fresh = end(self, from, () => peers.delete(from));
          peers.set(from, fresh);
          open.add(fresh);
          handler(fresh);
          fresh.take(message);
        });
        return () => {
          ends.delete(self);
          for (const peer of [...peers.values()]) peer.close();
        };
      },
      ping(peer, timeout) {
        const mine = openEnd(peer);
        const started = clock.now();
        return new Promise((resolve) => {
          const settle = (result: number | null) => {
            cancel();
            mine.close();
            resolve(result);
          };
          const cancel: Unsubscribe = clock.after(timeout, () => settle(null));
          mine.onUnreachable(() => settle(null));
          mine.onMessage(() => settle(clock.now() - started));
          mine.send(Uint8Array.of(6, 1, 2, 3, 4, 5, 6, 7, 8));
        });
      },
      async close() {
        for (const conversation of [...open]) conversation.close();
      },
    };
  }

  function directory(secretKey: Uint8Array | undefined): Directory {
    const key = () => {
      if (!secretKey) throw new Error('no key to publish with');
      return publicKeyOf(secretKey);
    };
    return {
      async publish(proposal: Proposal) {
        const name = key();
        if (!hub.up) return { accepted: 0, refusals: ['error: no answer'] };
        const publishedAtSec = Math.floor(clock.now() / 1000);
        const expiresAtSec = publishedAtSec + PROPOSAL_LIFETIME_SEC;
        proposals.set(name, { proposal, key: name, publishedAtSec, expiresAtSec });
        return { accepted: 1, refusals: [] };
      },
      async withdraw() {
        proposals.delete(key());
      },
      async find({ country, residential, dids, limit }) {
        const nowSec = clock.now() / 1000;
        return [...proposals.values()]
          .filter((f) => f.expiresAtSec > nowSec)
          .filter(({ proposal }) => country === undefined || proposal.country === country)
          .filter(({ proposal }) => residential === undefined || proposal.residential === residential)
          .filter(({ proposal }) => dids === undefined || dids.includes(proposal.did))
          .slice(0, limit);
      },
      status: () => (hub.up ? 'connected' : 'unreachable'),
      close: async () => {},
    };
  }

  const hub: FakeHub = {
    up: true,
    rendezvous(secretKey) {
      const both = { directory: directory(secretKey), signal: signal(secretKey) };
      return {
        ...both,
        ready: async () => {},
        check: () => {},
        renew: () => {},
        onStatus: () => () => {},
        close: () => both.signal.close(),
      };
    },
  };
  return hub;
}
