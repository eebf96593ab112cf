/** The SOCKS5 half of the proxy: feeds the parser, dials, joins. */
import type { Socket } from 'node:net';
import { asWarrenError, type WarrenError } from '../../shared/base/errors.ts';
import type { Target } from './authority.ts';
import { type Credentials, matches } from './credentials.ts';
import type { Dialer } from './dial.ts';
import { hangUp, join } from './join.ts';
import { isSelfTest, type SelfTester, serveSelfTest } from './self-test.ts';
import { REPLY, type Reply, replyBytes, type SocksEvent, SocksParser } from './socks.ts';

const DIALOGUE_TIMEOUT_MS = 10_000;

export interface SocksSideOptions {
  readonly credentials: Credentials;
  readonly dialer: Dialer;
  readonly tester: SelfTester;
  readonly onRefused: () => void;
}

/** Takes over a connection whose first byte was 5; nothing of it may have been read. */
export function serveSocks(client: Socket, { credentials, dialer, tester, onRefused }: SocksSideOptions): void {
  const parser = new SocksParser();
  const timer = setTimeout(() => client.destroy(), DIALOGUE_TIMEOUT_MS);
  client.once('close', () => clearTimeout(timer));
  client.on('data', onData);

  function onData(chunk: Buffer): void {
    for (const event of parser.push(chunk)) act(event);
  }

  function act(event: SocksEvent): void {
    switch (event.type) {
      case 'send':
        client.write(event.bytes);
        return;
      case 'credentials':
        for (const next of parser.judge(matches(credentials, event.credentials))) act(next);
        return;
      case 'fail':
        onRefused();
        client.off('data', onData);
        hangUp(client, event.bytes);
        return;
      case 'connect':
        clearTimeout(timer);
        client.off('data', onData);
        client.pause();
        void open(event.target, event.rest);
    }
  }

  async function open(target: Target, rest: Uint8Array): Promise<void> {
    if (isSelfTest(target)) {
      client.write(replyBytes(REPLY.succeeded));
      serveSelfTest(client, rest, tester);
      return;
    }
    try {
      const upstream = await dialer.dial(target);
      if (client.destroyed) {
        upstream.destroy();
        return;
      }
      client.write(replyBytes(REPLY.succeeded));
      if (rest.length > 0) upstream.write(rest);
      join(client, upstream);
    } catch (thrown) {
      onRefused();
      hangUp(client, replyBytes(replyFor(asWarrenError(thrown))));
    }
  }
}

function replyFor(error: WarrenError): Reply {
  switch (error.code) {
    case 'target_forbidden':
      return REPLY.forbidden;
    case 'name_unresolvable':
      return REPLY.hostUnreachable;
    case 'tunnel_lost':
      return REPLY.networkUnreachable;
    case 'target_unreachable':
      return /ECONNREFUSED/.test(error.message) ? REPLY.refused : REPLY.hostUnreachable;
    default:
      return REPLY.failed;
  }
}
