/**
 * Signalling: small messages between two keys through every relay at once. A client speaks under a
 * fresh key in each conversation; a provider under its hot key. The bytes are the handshake's own
 * business, but for pings (types 6 and 7), which are answered here.
 */
import { WarrenError } from '../../base/errors.ts';
import type { Clock, Conversation, Signal, Unsubscribe } from '../../effects.ts';
import type { Nostr } from '../nostr.ts';
import { deliver } from './deliver.ts';
import type { RelayPool } from './pool.ts';
import { Sequence } from './sequence.ts';
import { checkSize, readSignalEvent, signalEvent, signalFilter, UNORDERED } from './signal-event.ts';

const PING = 6;
const PONG = 7;
const NONCE_BYTES = 8;
/** A client's stays as long as the client: as many as a node takes at most, and the handshakes under way. */
const MAX_CONVERSATIONS = 4096 + 256;
const IDLE_MS = 5 * 60_000;
/** Signatures that strangers can make us check, each 0.4 ms. */
const MAX_CHECKS_PER_SECOND = 200;
const MAX_SEEN = 8192;
const LISTENING_WITHIN_MS = 10_000;
const MAX_EARLY = 16;

export interface SignalOptions {
  readonly pool: RelayPool;
  readonly clock: Clock;
  readonly nostr: Promise<Nostr>;
  readonly secretKey: Uint8Array | null;
}

/** One side of an exchange between two keys. */
class Exchange implements Conversation {
  readonly peer: string;
  readonly #publish: (number: number, message: Uint8Array) => void;
  readonly #onClose: () => void;
  readonly #messages = new Set<(message: Uint8Array) => void>();
  readonly #unreachable = new Set<() => void>();
  readonly #sequence: Sequence;
  /** What came before anyone listened. */
  #early: Uint8Array[] = [];
  #sent = 0;
  #closed = false;
  usedAt: number;

  constructor(peer: string, clock: Clock, publish: (number: number, message: Uint8Array) => void, onClose: () => void) {
    this.peer = peer;
    this.#publish = publish;
    this.#onClose = onClose;
    this.usedAt = clock.now();
    this.#sequence = new Sequence(clock, (message) => this.#deliver(message));
  }

  send(message: Uint8Array): void {
    checkSize(message);
    if (!this.#closed) this.#publish(++this.#sent, message);
  }

  tell(message: Uint8Array): void {
    checkSize(message);
    if (!this.#closed) this.#publish(UNORDERED, message);
  }

  onMessage(handler: (message: Uint8Array) => void): Unsubscribe {
    this.#messages.add(handler);
    for (const message of this.#early.splice(0)) handler(message);
    return () => this.#messages.delete(handler);
  }

  onUnreachable(handler: () => void): Unsubscribe {
    this.#unreachable.add(handler);
    return () => this.#unreachable.delete(handler);
  }

  take(number: number, message: Uint8Array, now: number): void {
    this.usedAt = now;
    if (this.#closed || this.#early.length >= MAX_EARLY) return;
    if (number === UNORDERED) this.#deliver(message);
    else this.#sequence.take(number, message);
  }

  #deliver(message: Uint8Array): void {
    if (this.#messages.size === 0) this.#early.push(message);
    for (const handler of [...this.#messages]) handler(message);
  }

  nobodyListens(): void {
    for (const handler of [...this.#unreachable]) handler();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sequence.close();
    this.#messages.clear();
    this.#unreachable.clear();
    this.#onClose();
  }
}

export function createSignal({ pool, clock, nostr, secretKey }: SignalOptions): Signal {
  const open = new Set<Exchange>();
  const nowSec = () => Math.floor(clock.now() / 1000);

  /** Signs, sends, and tells the exchange when there is nobody at the other end. */
  function publisher(keyOf: Promise<{ readonly nostr: Nostr; readonly key: Uint8Array }>, exchange: () => Exchange) {
    let last: Promise<unknown> = Promise.resolve();
    return (number: number, message: Uint8Array) => {
      last = last.then(async () => {
        const { nostr: signer, key } = await keyOf;
        const event = signer.sign(signalEvent(exchange().peer, number, message, nowSec()), key);
        // The next message may be signed at once: relays keep the order of one socket.
        deliver(pool, clock, event).then((reached) => reached || exchange().nobodyListens());
      });
    };
  }

  function openExchange(peer: string): Exchange {
    const keyOf = nostr.then((loaded) => ({ nostr: loaded, key: loaded.generateSecretKey() }));
    let unsubscribe: Unsubscribe = () => {};
    const exchange: Exchange = new Exchange(
      peer,
      clock,
      publisher(keyOf, () => exchange),
      () => {
        unsubscribe();
        open.delete(exchange);
      },
    );
    open.add(exchange);
    // Registered before any send: `publisher` waits for the same promise, and comes second.
    keyOf.then(({ nostr: loaded, key }) => {
      if (!open.has(exchange)) return;
      const self = loaded.publicKeyOf(key);
      const seen = new SeenIds();
      unsubscribe = pool.subscribe({
        filters: [signalFilter(self, peer)],
        onEvent(event) {
          const signalled = seen.has(event.id) ? null : readSignalEvent(event, self, nowSec());
          if (signalled?.from !== peer || !loaded.verify(event)) return;
          seen.add(event.id);
          exchange.take(signalled.number, signalled.message, clock.now());
        },
      });
    });
    return exchange;
  }

  async function listen(handler: (conversation: Conversation) => void): Promise<Unsubscribe> {
    if (!secretKey)
      throw new WarrenError('internal', 'This signal has no key to listen with.', 'Start it with the hot key.');
    const loaded = await nostr;
    const self = loaded.publicKeyOf(secretKey);
    const key = Promise.resolve({ nostr: loaded, key: secretKey });
    const exchanges = new Map<string, Exchange>();
    const seen = new SeenIds();
    const budget = new PerSecond(MAX_CHECKS_PER_SECOND);

    function exchangeOf(peer: string): Exchange | null {
      const known = exchanges.get(peer);
      if (known) return known;
      if (exchanges.size >= MAX_CONVERSATIONS) sweep(clock.now() - IDLE_MS);
      if (exchanges.size >= MAX_CONVERSATIONS) return null;
      const exchange: Exchange = new Exchange(
        peer,
        clock,
        publisher(key, () => exchange),
        () => {
          exchanges.delete(peer);
          open.delete(exchange);
        },
      );
      exchanges.set(peer, exchange);
      open.add(exchange);
      handler(exchange);
      return exchange;
    }

    function sweep(idleSince: number): void {
      for (const exchange of [...exchanges.values()]) if (exchange.usedAt < idleSince) exchange.close();
    }

    function pong(peer: string, number: number, ping: Uint8Array): void {
      const answer = ping.slice();
      answer[0] = PONG;
      void deliver(pool, clock, loaded.sign(signalEvent(peer, number, answer, nowSec()), secretKey as Uint8Array));
    }

    let stop: Unsubscribe = () => {};
    await new Promise<void>((resolve) => {
      const cancel = clock.after(LISTENING_WITHIN_MS, resolve);
      stop = pool.subscribe({
        filters: [signalFilter(self)],
        onEvent(event) {
          const signalled = seen.has(event.id) ? null : readSignalEvent(event, self, nowSec());
          if (!signalled || !budget.take(clock.now()) || !loaded.verify(event)) return;
          seen.add(event.id);
          const { from, number, message } = signalled;
          if (message[0] === PING) {
            if (message.length === 1 + NONCE_BYTES) pong(from, number, message);
          } else if (message[0] !== PONG) exchangeOf(from)?.take(number, message, clock.now());
        },
        onStored() {
          cancel();
          resolve();
        },
      });
    });
    return () => {
      stop();
      for (const exchange of [...exchanges.values()]) exchange.close();
    };
  }

  return {
    open: openExchange,
    listen,

    async ping(peer, timeout) {
      const exchange = openExchange(peer);
      const nonce = (await nostr).generateSecretKey().slice(0, NONCE_BYTES);
      const started = clock.now();
      try {
        return await new Promise<number | null>((resolve) => {
          const cancel = clock.after(timeout, () => resolve(null));
          const settle = (result: number | null) => {
            cancel();
            resolve(result);
          };
          exchange.onUnreachable(() => settle(null));
          exchange.onMessage((message) => {
            const same = message.length === 1 + NONCE_BYTES && nonce.every((byte, i) => message[i + 1] === byte);
            if (message[0] === PONG && same) settle(clock.now() - started);
          });
          exchange.send(Uint8Array.of(PING, ...nonce));
        });
      } finally {
        exchange.close();
      }
    },

    async close() {
      for (const exchange of [...open]) exchange.close();
    },
  };
}

/** The ids of the last few thousand events: the same one comes from every relay. */
class SeenIds {
  readonly #ids = new Set<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size <= MAX_SEEN) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}

class PerSecond {
  readonly #limit: number;
  #startedAt = 0;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  take(now: number): boolean {
    if (now - this.#startedAt >= 1000) {
      this.#startedAt = now;
      this.#count = 0;
    }
    return ++this.#count <= this.#limit;
  }
}
