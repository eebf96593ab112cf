/**
 * The SOCKS5 dialogue (RFC 1928) with username and password (RFC 1929), as a parser that takes bytes in
 * any pieces and says what to answer. Pure; only CONNECT, only with credentials.
 */
import { parseHost, type Target } from './authority.ts';
import type { Credentials } from './credentials.ts';

export const REPLY = {
  succeeded: 0x00,
  failed: 0x01,
  forbidden: 0x02,
  networkUnreachable: 0x03,
  hostUnreachable: 0x04,
  refused: 0x05,
  expired: 0x06,
  commandUnsupported: 0x07,
  addressTypeUnsupported: 0x08,
} as const;
export type Reply = (typeof REPLY)[keyof typeof REPLY];

const VERSION = 5;
const AUTH_VERSION = 1;
const USERNAME_PASSWORD = 2;
const NO_ACCEPTABLE = 0xff;
/** Greeting 257, credentials 513, request 262: nothing longer is SOCKS. */
const MAX_HELD = 1024;

export type SocksEvent =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  | { readonly type: 'credentials'; readonly credentials: Credentials }
  /** `rest`: what came behind the request, the first bytes of the payload. */
  | { readonly type: 'connect'; readonly target: Target; readonly rest: Uint8Array }
  /** Send the bytes, if any, and hang up. */
  | { readonly type: 'fail'; readonly bytes: Uint8Array };

export class SocksParser {
  #state: 'greeting' | 'credentials' | 'judging' | 'request' | 'done' = 'greeting';
  #held: Buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): readonly SocksEvent[] {
    if (this.#ended) return [];
    this.#held = Buffer.concat([this.#held, chunk]);
    const events = this.#parse();
    // A payload may follow the request at once; before it, nothing is that long.
    if (!this.#ended && this.#held.length > MAX_HELD) return [...events, this.#fail()];
    return events;
  }

  get #ended(): boolean {
    return this.#state === 'done';
  }

  /** The owner's answer to `credentials`. */
  judge(accepted: boolean): readonly SocksEvent[] {
    if (this.#state !== 'judging') return [];
    if (!accepted) {
      this.#state = 'done';
      return [{ type: 'fail', bytes: Uint8Array.of(AUTH_VERSION, 1) }];
    }
    this.#state = 'request';
    return [{ type: 'send', bytes: Uint8Array.of(AUTH_VERSION, 0) }, ...this.#parse()];
  }

  #parse(): readonly SocksEvent[] {
    switch (this.#state) {
      case 'greeting':
        return this.#greeting();
      case 'credentials':
        return this.#credentials();
      case 'request':
        return this.#request();
      default:
        return [];
    }
  }

  #greeting(): readonly SocksEvent[] {
    const held = this.#held;
    if (held.length > 0 && held[0] !== VERSION) return [this.#fail()];
    const end = 2 + (held[1] ?? 0);
    if (held.length < 2 || held.length < end) return [];
    if (!held.subarray(2, end).includes(USERNAME_PASSWORD)) return [this.#fail(VERSION, NO_ACCEPTABLE)];
    this.#take(end);
    this.#state = 'credentials';
    return [{ type: 'send', bytes: Uint8Array.of(VERSION, USERNAME_PASSWORD) }, ...this.#parse()];
  }

  #credentials(): readonly SocksEvent[] {
    const held = this.#held;
    if (held.length > 0 && held[0] !== AUTH_VERSION) return [this.#fail()];
    const nameEnd = 2 + (held[1] ?? 0);
    if (held.length < 2 || held.length < nameEnd + 1) return [];
    const end = nameEnd + 1 + (held[nameEnd] ?? 0);
    if (held.length < end) return [];
    const credentials = {
      username: held.subarray(2, nameEnd).toString('utf8'),
      password: held.subarray(nameEnd + 1, end).toString('utf8'),
    };
    this.#take(end);
    this.#state = 'judging';
    return [{ type: 'credentials', credentials }];
  }

  #request(): readonly SocksEvent[] {
    const held = this.#held;
    if (held.length > 0 && held[0] !== VERSION) return [this.#fail()];
    if (held.length < 5) return [];
    if (held[1] !== 1) return [this.#fail(...replyBytes(REPLY.commandUnsupported))];
    const address = readAddress(held);
    if (address === 'unsupported') return [this.#fail(...replyBytes(REPLY.addressTypeUnsupported))];
    if (address === 'short') return [];
    const port = held.readUInt16BE(address.end);
    this.#state = 'done';
    if (address.host === null || port === 0) return [{ type: 'fail', bytes: replyBytes(REPLY.failed) }];
    return [{ type: 'connect', target: { host: address.host, port }, rest: held.subarray(address.end + 2) }];
  }

  #take(count: number): void {
    this.#held = this.#held.subarray(count);
  }

  #fail(...bytes: readonly number[]): SocksEvent {
    this.#state = 'done';
    return { type: 'fail', bytes: Uint8Array.from(bytes) };
  }
}

/** Reply with the unspecified IPv4 address as the bound one: a browser does not use it. */
export function replyBytes(reply: Reply): Uint8Array {
  return Uint8Array.of(VERSION, reply, 0, 1, 0, 0, 0, 0, 0, 0);
}

type Read = 'short' | 'unsupported' | { readonly host: string | null; readonly end: number };

/** DST.ADDR from byte 3 on (RFC 1928 §5). `host` is null when it is no name that DNS takes. */
function readAddress(held: Buffer): Read {
  const type = held[3];
  const size = type === 1 ? 4 : type === 4 ? 16 : type === 3 ? 1 + (held[4] ?? 0) : null;
  if (size === null) return 'unsupported';
  const end = 4 + size;
  if (held.length < end + 2) return 'short';
  if (type === 1) return { host: held.subarray(4, end).join('.'), end };
  if (type === 3) return { host: parseHost(held.subarray(5, end).toString('latin1')), end };
  const groups = Array.from({ length: 8 }, (_, i) => held.readUInt16BE(4 + 2 * i).toString(16));
  return { host: groups.join(':'), end };
}
