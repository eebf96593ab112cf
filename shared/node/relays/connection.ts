/**
 * One relay: a WebSocket that is kept open, its subscriptions renewed after every reconnect, and the
 * answer to each published event. It checks shape and that an event belongs to the subscription; the
 * signature is the caller's business.
 */
import { WebSocket } from 'ws';
import type { Clock, Unsubscribe } from '../../effects.ts';
import {
  MAX_RELAY_FRAME_BYTES,
  matchesFilter,
  type NostrEvent,
  type NostrFilter,
  parseEvent,
} from '../../wire/nostr.ts';

export interface Subscription {
  readonly filters: readonly NostrFilter[];
  onEvent(event: NostrEvent): void;
  /** All stored events have been sent (EOSE), or the relay refused the subscription (CLOSED). */
  onStored?(): void;
}

export type Receipt = { readonly accepted: boolean; readonly reason: string };

const BACK_OFF_MS = [250, 500, 1000, 2000, 4000, 8000, 15_000, 30_000];
const HANDSHAKE_TIMEOUT_MS = 5_000;
const PING_EVERY_MS = 30_000;
const PONG_WITHIN_MS = 10_000;
/** When the network is in doubt: a relay that takes longer to answer gets a new connection. */
const CHECK_WITHIN_MS = 500;
/** An attempt that began so lately is let go on: TCP, TLS and WebSocket take four round trips. */
const CONNECT_PATIENCE_MS = 2_000;
/** How long an event waits for the socket and then for its OK. */
const RECEIPT_WITHIN_MS = 5_000;
const MAX_WAITING = 64;

export class RelayConnection {
  readonly url: string;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #receipts = new Map<string, { readonly frame: string; settle(receipt: Receipt): void }>();
  #socket: WebSocket | null = null;
  #failures = 0;
  #triedAt = 0;
  #closed = false;
  #cancelTimer: Unsubscribe = () => {};
  #cancelCheck: Unsubscribe = () => {};

  constructor(url: string, clock: Clock, onChange: () => void) {
    this.url = url;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#connect();
  }

  get state(): 'open' | 'connecting' | 'failed' {
    if (this.#socket?.readyState === WebSocket.OPEN) return 'open';
    return this.#failures > 0 ? 'failed' : 'connecting';
  }

  /** Events that match go to the subscription now and after every reconnect, until it is closed. */
  subscribe(id: string, subscription: Subscription): Unsubscribe {
    this.#subscriptions.set(id, subscription);
    this.#write(['REQ', id, ...subscription.filters]);
    return () => {
      if (this.#subscriptions.delete(id)) this.#write(['CLOSE', id]);
    };
  }

  /** Never rejects: a relay that is silent or gone is a refusal. */
  publish(event: NostrEvent): Promise<Receipt> {
    if (this.#closed || this.#receipts.size >= MAX_WAITING) {
      return Promise.resolve({ accepted: false, reason: 'error: too many events are waiting' });
    }
    return new Promise((resolve) => {
      const cancel = this.#clock.after(RECEIPT_WITHIN_MS, () => {
        settle({ accepted: false, reason: 'error: no answer' });
        // A relay that lost its power says no good-bye.
        if (this.state === 'open') this.check();
      });
      const settle = (receipt: Receipt) => {
        cancel();
        this.#receipts.delete(event.id);
        resolve(receipt);
      };
      const frame = JSON.stringify(['EVENT', event]);
      this.#receipts.set(event.id, { frame, settle });
      if (this.state === 'open') this.#socket?.send(frame);
    });
  }

  /** The network may be another one: is the relay still there? */
  check(): void {
    const socket = this.#socket;
    this.#cancelCheck();
    if (socket?.readyState === WebSocket.CONNECTING && this.#clock.now() - this.#triedAt < CONNECT_PATIENCE_MS) return;
    if (socket?.readyState !== WebSocket.OPEN) {
      this.renew();
      return;
    }
    this.#cancelCheck = this.#clock.after(CHECK_WITHIN_MS, () => this.renew());
    socket.once('pong', () => this.#cancelCheck());
    socket.ping();
  }

  /** The socket is dead, though it may not know it: a new one now is better than an answer that never comes. */
  renew(): void {
    if (this.#closed) return;
    const before = this.#socket;
    this.#cancelTimer();
    this.#cancelCheck();
    this.#failures = 0;
    this.#connect();
    before?.terminate();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    this.#cancelCheck();
    for (const { settle } of [...this.#receipts.values()]) settle({ accepted: false, reason: 'error: closed' });
    this.#subscriptions.clear();
    const socket = this.#socket;
    this.#socket = null;
    if (!socket || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.once('error', () => resolve());
      socket.terminate();
    });
  }

  #connect(): void {
    this.#triedAt = this.#clock.now();
    const socket = new WebSocket(this.url, {
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      maxPayload: 2 * MAX_RELAY_FRAME_BYTES,
    });
    this.#socket = socket;
    socket.on('open', () => {
      this.#failures = 0;
      for (const [id, { filters }] of this.#subscriptions) this.#write(['REQ', id, ...filters]);
      for (const { frame } of this.#receipts.values()) socket.send(frame);
      this.#keepAlive(socket);
      this.#onChange();
    });
    socket.on('message', (data, isBinary) => {
      if (!isBinary) this.#receive(data.toString());
    });
    // `close` follows every `error`.
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#closed || this.#socket !== socket) return;
      const pause = BACK_OFF_MS[Math.min(this.#failures, BACK_OFF_MS.length - 1)] as number;
      this.#failures++;
      this.#cancelTimer();
      // Spread out, so that a relay that comes back does not meet all its clients at once.
      this.#cancelTimer = this.#clock.after(pause * (0.75 + Math.random() / 2), () => this.#connect());
      this.#onChange();
    });
  }

  /** Idle NAT and proxy states die after a minute or so; a dead socket must be noticed before it is needed. */
  #keepAlive(socket: WebSocket): void {
    let answered = true;
    socket.on('pong', () => {
      answered = true;
    });
    const ping = () => {
      this.#cancelTimer = this.#clock.after(PING_EVERY_MS, () => {
        answered = false;
        socket.ping();
        this.#cancelTimer = this.#clock.after(PONG_WITHIN_MS, () => {
          if (answered) ping();
          else socket.terminate();
        });
      });
    };
    ping();
  }

  #write(frame: readonly unknown[]): void {
    if (this.state === 'open') this.#socket?.send(JSON.stringify(frame));
  }

  #receive(text: string): void {
    const frame = parseFrame(text);
    if (!frame) return;
    const [type, id] = frame;
    if (typeof id !== 'string') return;
    if (type === 'OK') {
      const reason = typeof frame[3] === 'string' ? frame[3].slice(0, 200) : '';
      this.#receipts.get(id)?.settle({ accepted: frame[2] === true, reason });
      return;
    }
    const subscription = this.#subscriptions.get(id);
    if (!subscription) return;
    if (type === 'EOSE' || type === 'CLOSED') subscription.onStored?.();
    if (type !== 'EVENT') return;
    const event = parseEvent(frame[2]);
    if (event && subscription.filters.some((filter) => matchesFilter(filter, event))) subscription.onEvent(event);
  }
}

function parseFrame(text: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
