/**
 * The line to warren-host. Classifies what is wrong by the handshake, not by the browser's error
 * texts (they differ between browsers and versions): no word at all = missing, an old version number
 * = too old, silence or nonsense = broken. Keeps asking while somebody wants the host.
 */
import * as v from 'valibot';
import {
  asWarrenError,
  ERROR_CODES,
  type ErrorCode,
  WarrenError,
  type WarrenErrorData,
} from '../../shared/base/errors.ts';
import {
  type DownInput,
  MAX_FRAME_BYTES,
  type Method,
  PROTOCOL_VERSION,
  RESULT_SCHEMAS,
  type Result,
  type Snapshot,
  type Up,
  type UpInput,
  UpSchema,
  type WireError,
} from '../../shared/wire/native.ts';
import type { HostStatus } from '../routing/protection.ts';
import { plain } from './store.ts';

export interface NativePort {
  postMessage(message: unknown): void;
  disconnect(): void;
  onMessage(handler: (message: unknown) => void): void;
  onDisconnect(handler: () => void): void;
}
export interface Timers {
  now(): number;
  after(ms: number, run: () => void): () => void;
}
export interface LinkEvents {
  onWelcome(welcome: Extract<UpInput, { type: 'welcome' }>): void;
  onSnapshot(snapshot: Snapshot, raw: Extract<UpInput, { type: 'snapshot' }>): void;
  onStatus(): void;
}

const HELLO_TIMEOUT = 5_000;
const REQUEST_TIMEOUT = 15_000;
const RETRY_MIN = 1_000;
const RETRY_MAX = 30_000;
const RETRY_EAGER_MAX = 2_000;
/** A host that ends this often within the window is broken, not unlucky. */
const CRASHES = 3;
const CRASH_WINDOW = 60_000;

type Pending = {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  method: Method;
  stop: () => void;
};
/** The request body before parsing, as a caller writes it. */
export type AskBody = Extract<DownInput, { type: 'request' }>['body'];

export class NativeLink {
  status: HostStatus = 'asleep';
  error: WarrenErrorData | null = null;
  /** Somebody looks: a host that is installed meanwhile is to be found at once. */
  eager = false;
  private port: NativePort | null = null;
  private welcomed = false;
  private wanted = false;
  private sequence = -1;
  private nextId = 1;
  private attempts = 0;
  private crashes: number[] = [];
  private readonly pending = new Map<number, Pending>();
  private stopTimer: () => void = () => {};
  private readonly connect: () => NativePort;
  private readonly timers: Timers;
  private readonly version: string;
  private readonly events: LinkEvents;

  constructor(connect: () => NativePort, timers: Timers, version: string, events: LinkEvents) {
    this.connect = connect;
    this.timers = timers;
    this.version = version;
    this.events = events;
  }

  get failing(): boolean {
    return this.status !== 'asleep' && this.status !== 'starting' && this.status !== 'ready';
  }

  /** Opens the line and keeps it, or lets it go. */
  want(wanted: boolean): void {
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    if (wanted) this.open();
    else {
      this.drop();
      this.become('asleep', null);
    }
  }

  /** At once, whatever the back-off says: a person pressed "check again". */
  retry(): void {
    this.attempts = 0;
    this.crashes = [];
    if (this.wanted && !this.welcomed) this.open();
  }

  send(message: Exclude<DownInput, { type: 'request' } | { type: 'hello' }>): boolean {
    if (!this.welcomed || !this.port) return false;
    return this.post(message);
  }

  /** @throws WarrenError what the host said, or host_missing when it is not there or went away. */
  ask<M extends Method>(body: AskBody & { method: M }): Promise<Result<M>> {
    if (!this.welcomed || !this.port) return Promise.reject(gone());
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const stop = this.timers.after(REQUEST_TIMEOUT, () => {
        this.pending.delete(id);
        reject(new WarrenError('internal', 'The Warren host did not answer in time.', 'Try again.'));
      });
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject, method: body.method, stop });
      try {
        this.post({ type: 'request', id, body });
      } catch (thrown) {
        this.pending.delete(id);
        stop();
        reject(asWarrenError(thrown));
      }
    });
  }

  private open(): void {
    this.drop();
    if (this.status === 'asleep' || this.status === 'ready') this.become('starting', null);
    let port: NativePort;
    try {
      port = this.connect();
    } catch {
      this.fail('missing', null);
      return;
    }
    this.port = port;
    this.sequence = -1;
    port.onMessage((message) => {
      if (this.port === port) this.receive(message);
    });
    port.onDisconnect(() => {
      if (this.port === port) this.lost();
    });
    this.stopTimer = this.timers.after(HELLO_TIMEOUT, () => this.fail('broken', null));
    try {
      this.post({ type: 'hello', version: PROTOCOL_VERSION, extensionVersion: this.version });
    } catch {
      this.lost();
    }
  }

  private receive(message: unknown): void {
    const parsed = v.safeParse(UpSchema, message);
    if (!parsed.success) {
      // After the welcome a single bad frame is dropped: the next snapshot is whole again.
      if (!this.welcomed) this.fail(olderVersion(message) ? 'tooOld' : 'broken', null);
      return;
    }
    this.handle(parsed.output, message as UpInput);
  }

  private handle(up: Up, raw: UpInput): void {
    if (up.type === 'fault') {
      const error = errorFrom(up.error);
      // Once welcomed, one refused frame is no reason to tear every tunnel down.
      if (this.welcomed) this.become(this.status, error);
      else this.fail(error.code === 'version_unsupported' ? 'tooOld' : 'broken', error);
    } else if (up.type === 'welcome') {
      if (up.version < PROTOCOL_VERSION) this.fail('tooOld', null);
      else if (up.version > PROTOCOL_VERSION) this.fail('tooNew', null);
      else {
        this.stopTimer();
        this.welcomed = true;
        this.attempts = 0;
        if (raw.type === 'welcome') this.events.onWelcome(raw);
        this.become('ready', null);
      }
    } else if (!this.welcomed) this.fail('broken', null);
    else if (up.type === 'snapshot') {
      if (up.sequence <= this.sequence) return;
      this.sequence = up.sequence;
      if (raw.type === 'snapshot') this.events.onSnapshot(up, raw);
    } else this.settle(up);
  }

  private settle(response: Extract<Up, { type: 'response' }>): void {
    const waiting = this.pending.get(response.id);
    if (!waiting) return;
    this.pending.delete(response.id);
    waiting.stop();
    if (response.error) {
      const { code, message, action } = errorFrom(response.error);
      waiting.reject(new WarrenError(code, message, action));
      return;
    }
    const result = v.safeParse(RESULT_SCHEMAS[waiting.method], response.result);
    if (result.success) waiting.resolve(result.output);
    else
      waiting.reject(
        new WarrenError('frame_malformed', 'The Warren host gave an answer of the wrong form.', 'Update Warren.'),
      );
  }

  private lost(): void {
    if (!this.welcomed) {
      this.fail('missing', null);
      return;
    }
    const now = this.timers.now();
    this.crashes = [...this.crashes.filter((at) => now - at < CRASH_WINDOW), now];
    if (this.crashes.length >= CRASHES) this.fail('broken', null);
    else {
      this.drop();
      this.become('starting', null);
      this.retryIn(RETRY_MIN / 4);
    }
  }

  private fail(status: HostStatus, error: WarrenErrorData | null): void {
    this.drop();
    this.become(status, error);
    this.retryIn(Math.min(this.eager ? RETRY_EAGER_MAX : RETRY_MAX, RETRY_MIN * 2 ** Math.min(this.attempts++, 10)));
  }

  private retryIn(ms: number): void {
    this.stopTimer = this.timers.after(ms, () => {
      if (this.wanted) this.open();
    });
  }

  private drop(): void {
    this.stopTimer();
    const port = this.port;
    this.port = null;
    this.welcomed = false;
    for (const waiting of this.pending.values()) {
      waiting.stop();
      waiting.reject(gone());
    }
    this.pending.clear();
    port?.disconnect();
  }

  private become(status: HostStatus, error: WarrenErrorData | null): void {
    if (this.status === status && this.error === error) return;
    this.status = status;
    this.error = error;
    this.events.onStatus();
  }

  private post(message: DownInput): boolean {
    const frame = plain(message);
    if (new TextEncoder().encode(JSON.stringify(frame)).length > MAX_FRAME_BYTES) {
      throw new WarrenError('frame_too_large', 'The message is larger than the host takes.', 'Shorten the rule list.');
    }
    this.port?.postMessage(frame);
    return this.port !== null;
  }
}

/** A welcome that we cannot read, but that names an older protocol. */
function olderVersion(message: unknown): boolean {
  const parsed = v.safeParse(v.object({ type: v.literal('welcome'), version: v.number() }), message);
  return parsed.success && parsed.output.version < PROTOCOL_VERSION;
}

function errorFrom(wire: WireError): WarrenErrorData {
  const code = (Object.hasOwn(ERROR_CODES, wire.code) ? wire.code : 'internal') as ErrorCode;
  return { code, message: wire.message, action: wire.action };
}

function gone(): WarrenError {
  return new WarrenError('host_missing', 'The Warren host is not running.', 'Install or start it, then try again.');
}
