/**
 * Clients of a helper: each look-up, ping and handshake has the product's messages, keys and sizes. A few at
 * a time, each by the next of many sockets, so that no share of one of them is used up.
 *
 * usage: clients.ts <json: {relay, sockets}>; over IPC: {what: 'list' | 'choice' | 'ping' | 'handshake', ms} → Done
 */
import { randomBytes } from 'node:crypto';
import { loadNostr, type Nostr } from '../../../shared/node/nostr.ts';
import { readSignalEvent, signalEvent, signalFilter } from '../../../shared/node/relays/signal-event.ts';
import { parseEvent } from '../../../shared/wire/nostr.ts';
import { proposalFilter } from '../../../shared/wire/proposal-event.ts';
import { COUNTRIES } from './providers.ts';
import { type Frame, RelaySocket, sourceAddress } from './socket.ts';

export type What = 'list' | 'choice' | 'ping' | 'handshake';
export interface Done {
  readonly done: number;
  /** Of one, ms. */
  readonly p50: number;
  readonly p99: number;
  /** That came for one, without WebSocket and TCP. */
  readonly bytes: number;
}

/** Far from the providers' addresses. */
const FIRST_SOURCE = 8_000_000;
const LIMITS = { list: 1_000, choice: 200 } as const;
/** Bytes of m1 and m3. */
const M1 = 1_354;
const M3 = 249;
const PATIENCE_MS = 10_000;
const AT_ONCE = 4;
const nowSec = (): number => Math.floor(Date.now() / 1000);

class Client {
  readonly #nostr: Nostr;
  readonly #socket: RelaySocket;
  readonly #waiting = new Map<string, (frame: Frame) => void>();
  #ids = 0;
  nodes: string[] = [];

  constructor(nostr: Nostr, socket: RelaySocket) {
    this.#nostr = nostr;
    this.#socket = socket;
    socket.onFrame = (frame) => this.#waiting.get(String(frame[1]))?.(frame);
  }

  get received(): number {
    return this.#socket.received;
  }

  /** One REQ until its EOSE. */
  lookUp(limit: number): Promise<void> {
    const id = `q${this.#ids++}`;
    const country = COUNTRIES[this.#ids % COUNTRIES.length];
    const filter = proposalFilter({ limit, ...(limit === LIMITS.choice && country ? { country } : {}) });
    const nodes: string[] = [];
    return this.#within(id, (resolve) => {
      this.#waiting.set(id, ([type, , event]) => {
        if (type === 'EVENT') nodes.push((event as { pubkey: string }).pubkey);
        else {
          this.nodes = nodes;
          resolve();
        }
      });
      this.#socket.send(['REQ', id, filter]);
    });
  }

  /** Under a fresh key, as in the product: these messages, one after the answer to the other. */
  converse(messages: readonly Uint8Array[]): Promise<void> {
    const id = `s${this.#ids++}`;
    const secret = this.#nostr.generateSecretKey();
    const self = this.#nostr.publicKeyOf(secret);
    const peer = this.nodes[Math.floor(Math.random() * this.nodes.length)] ?? '';
    const say = (number: number) => {
      const message = messages[number - 1];
      if (message) this.#socket.send(['EVENT', this.#nostr.sign(signalEvent(peer, number, message, nowSec()), secret)]);
    };
    return this.#within(id, (resolve) => {
      this.#waiting.set(id, ([type, , third]) => {
        const event = type === 'EVENT' ? parseEvent(third) : null;
        const signalled = event && readSignalEvent(event, self, nowSec());
        if (!event || !signalled || !this.#nostr.verify(event)) return;
        if (signalled.number === messages.length) resolve();
        else say(signalled.number + 1);
      });
      this.#socket.send(['REQ', id, signalFilter(self, peer)]);
      say(1);
    });
  }

  async #within(id: string, begin: (resolve: () => void) => void): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer to ${id}`)), PATIENCE_MS);
        begin(resolve);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
      this.#socket.send(['CLOSE', id]);
    }
  }
}

function message(kind: number, bytes: number): Uint8Array {
  const made = new Uint8Array(randomBytes(bytes));
  made[0] = kind;
  return made;
}

const RUNS: Readonly<Record<What, (client: Client) => Promise<void>>> = {
  list: (client) => client.lookUp(LIMITS.list),
  choice: (client) => client.lookUp(LIMITS.choice),
  ping: (client) => client.converse([message(6, 9)]),
  handshake: (client) => client.converse([message(1, M1), message(3, M3)]),
};

async function work(clients: readonly Client[], what: What, ms: number): Promise<Done> {
  const until = performance.now() + ms;
  const times: number[] = [];
  const before = clients.reduce((sum, { received }) => sum + received, 0);
  let turn = 0;
  const worker = async () => {
    while (performance.now() < until) {
      const client = clients[turn++ % clients.length];
      if (!client) return;
      const began = performance.now();
      await RUNS[what](client);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  const bytes = (clients.reduce((sum, { received }) => sum + received, 0) - before) / times.length;
  return { done: times.length, p50: at(0.5), p99: at(0.99), bytes };
}

async function main({ relay, sockets }: { readonly relay: string; readonly sockets: number }): Promise<void> {
  process.on('disconnect', () => process.exit(0));
  const nostr = await loadNostr();
  const clients = await Promise.all(
    Array.from({ length: sockets }, async (_, n) => {
      return new Client(nostr, await RelaySocket.open(relay, sourceAddress(FIRST_SOURCE + n)));
    }),
  );
  process.on('message', ({ what, ms }: { what: What; ms: number }) => {
    work(clients, what, ms).then(
      (done) => process.send?.(done),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
  });
  process.send?.({ ready: clients.length });
}

if (import.meta.main) await main(JSON.parse(process.argv[2] ?? '{}') as { relay: string; sockets: number });
