/**
 * The proxy's own answer to the extension's self-test: that a request of this browser arrived here, and whether the
 * node's resolver answers through the tunnel. Nothing of it goes to the internet but one question for a name that
 * does not exist.
 */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { SELF_TEST_HOST, type SelfTest } from '../../shared/wire/self-test.ts';
import type { Target } from './authority.ts';
import { hangUp } from './join.ts';
import type { TunnelResolver } from './resolver.ts';

const MAX_REQUEST_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 5_000;

export function isSelfTest({ host, port }: Target): boolean {
  return host === SELF_TEST_HOST && port === 80;
}

export interface SelfTester {
  /** The answer's body. */
  answer(): Promise<string>;
}

/** @param proxy the user name that only this proxy and the extension know. */
export function createSelfTester(proxy: string, resolver: Pick<TunnelResolver, 'answers'>): SelfTester {
  return {
    async answer() {
      const names = await resolver.answers(`${randomUUID()}.invalid`);
      return JSON.stringify({ proxy, names } satisfies SelfTest);
    },
  };
}

export const SELF_TEST_FIELDS = {
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  Connection: 'close',
};

/** Plays the web server behind SOCKS5, where the request comes as any site would get it. */
export function serveSelfTest(client: Socket, rest: Uint8Array, tester: SelfTester): void {
  let head = Buffer.from(rest).toString('latin1');
  const timer = setTimeout(() => client.destroy(), REQUEST_TIMEOUT_MS);
  client.once('close', () => clearTimeout(timer));
  const read = (chunk: Buffer) => {
    head += chunk.toString('latin1');
    if (head.length > MAX_REQUEST_BYTES) client.destroy();
    else if (head.includes('\r\n\r\n')) void reply();
  };
  const reply = async () => {
    clearTimeout(timer);
    client.off('data', read);
    const body = await tester.answer();
    const fields = Object.entries({ ...SELF_TEST_FIELDS, 'Content-Length': Buffer.byteLength(body) });
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
    hangUp(client, `HTTP/1.1 200 OK\r\n${lines.join('')}\r\n${body}`);
  };
  client.on('data', read);
  client.resume();
  if (head.includes('\r\n\r\n')) void reply();
}
