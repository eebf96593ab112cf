/** How two sockets are joined, and how one is sent away with a last word. */

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A browser that never closes its side after our last word is cut off. */
const LINGER_MS = 5_000;

/**
 * Joins two sockets until both are done. Plain pipe(): measured as fast as anything else on Node. Each
 * direction ends on its own (half-close); a break of one side breaks the other at once.
 */
export function join(a: Socket, b: Socket): void {
  pass(a, b);
  pass(b, a);
}

function pass(from: Socket, to: Socket): void {
  from.setNoDelay(true);
  from.on('error', () => to.destroy());
  // After an orderly end, the other side may still be writing out what came last.
  from.once('close', () => (from.readableEnded && from.writableFinished ? undefined : void to.destroy()));
  from.pipe(to);
}

/** Writes the last bytes, waits for the other side to close, reads nothing more. */
export function hangUp(client: Duplex, lastWord: string | Uint8Array): void {
  const timer = setTimeout(() => client.destroy(), LINGER_MS);
  client.once('close', () => clearTimeout(timer));
  client.end(lastWord);
  client.resume();
}
