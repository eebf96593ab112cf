/** Directory and Signal in memory: offers in a list, conversations as two ends of a pipe with delay. */
import type { Clock, Conversation, Directory, Signal } from '../../shared/effects.ts';
import type { FoundProposal } from '../../shared/wire/proposal.ts';

export interface FakeRelay {
  readonly directory: Directory;
  readonly signal: Signal;
  readonly offers: FoundProposal[];
  /** The provider's end of every conversation with this key. */
  answer(peer: string, handler: (conversation: Conversation) => void): void;
  /** Nobody listens for this key any more. */
  silence(peer: string): void;
  find: () => Promise<readonly FoundProposal[]>;
}

export function createFakeRelay(clock: Clock, delay = 20): FakeRelay {
  const listeners = new Map<string, (conversation: Conversation) => void>();
  const offers: FoundProposal[] = [];
  const relay: FakeRelay = {
    offers,
    find: async () => offers,
    answer: (peer, handler) => listeners.set(peer, handler),
    silence: (peer) => listeners.delete(peer),
    directory: {
      publish: async () => ({ accepted: 1, refusals: [] }),
      withdraw: async () => {},
      async find(query) {
        const found = await relay.find();
        return found.filter(
          ({ proposal }) =>
            (!query.dids || query.dids.includes(proposal.did)) &&
            (!query.country || query.country === proposal.country),
        );
      },
      status: () => 'connected',
      close: async () => {},
    },
    signal: {
      open(peer) {
        const [client, provider] = pipe(clock, delay, peer);
        let greeted = false;
        return {
          ...client,
          send(message) {
            const listener = listeners.get(peer);
            if (!listener) clock.after(delay, () => client.unreachable());
            else if (!greeted) {
              greeted = true;
              listener(provider);
            }
            client.send(message);
          },
        };
      },
      listen: async () => () => {},
      ping: async (peer) => (listeners.has(peer) ? 2 * delay : null),
      close: async () => {},
    },
  };
  return relay;
}

interface End extends Conversation {
  unreachable(): void;
}

function pipe(clock: Clock, delay: number, peer: string): [End, End] {
  const handlers: [Set<(message: Uint8Array) => void>, Set<(message: Uint8Array) => void>] = [new Set(), new Set()];
  const end = (mine: 0 | 1): End => {
    const losers = new Set<() => void>();
    const send = (message: Uint8Array) => {
      const copy = message.slice();
      clock.after(delay, () => {
        for (const handler of handlers[mine === 0 ? 1 : 0]) handler(copy);
      });
    };
    return {
      peer,
      send,
      tell: send,
      onMessage(handler) {
        handlers[mine].add(handler);
        return () => handlers[mine].delete(handler);
      },
      onUnreachable(handler) {
        losers.add(handler);
        return () => losers.delete(handler);
      },
      unreachable() {
        for (const loser of losers) loser();
      },
      close: () => handlers[mine].clear(),
    };
  };
  return [end(0), end(1)];
}
