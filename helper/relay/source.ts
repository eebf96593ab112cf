/** Whom a connection counts for, behind a reverse proxy as well. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { sourceOf } from '../rate-limit.ts';

/**
 * The peer's address, or where `proxied` the one that a proxy on this machine names: of a list the last,
 * since whatever stands before it was the peer's own word.
 */
export function sourceOfRequest({ headers, socket }: IncomingMessage, proxied: boolean): string {
  const peer = socket.remoteAddress ?? '';
  const given = headers['x-forwarded-for'];
  const named = (Array.isArray(given) ? given.join() : (given ?? '')).split(',').at(-1)?.trim() ?? '';
  const local = peer === '::1' || /^(::ffff:)?127\./.test(peer);
  return sourceOf(proxied && local && isIP(named) !== 0 ? named : peer);
}
