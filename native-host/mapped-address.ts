/** Under which address the internet sees a socket of ours: asked of the STUN servers (RFC 8489 §3). */
import type { Clock, Datagrams, TransportAddress } from '../shared/effects.ts';
import { Question } from '../shared/machine/traversal/question.ts';
import { decodeStun } from '../shared/wire/stun/message.ts';

const PATIENCE_MS = 3_000;
const MAX_SERVERS = 3;
const TRANSACTION_ID_BYTES = 12;

export interface Asking {
  readonly clock: Clock;
  random(length: number): Uint8Array;
}

/**
 * @param servers of one family, whose address is asked for.
 * @returns the first answer's address; null when nobody answers. Closes the socket.
 */
export async function mappedAddress(
  socket: Datagrams,
  servers: readonly TransportAddress[],
  { clock, random }: Asking,
): Promise<string | null> {
  const from = clock.now();
  const questions = servers
    .slice(0, MAX_SERVERS)
    .map((server) => new Question(server, random(TRANSACTION_ID_BYTES), from));
  const answered = Promise.withResolvers<string | null>();
  const forget = socket.onPacket((packet, sender) => {
    const message = decodeStun(packet);
    if (message) for (const question of questions) question.take(message, sender);
    const answer = questions.find((question) => question.answer)?.answer;
    if (answer) answered.resolve(answer.mapped.address);
  });
  const send = (): void => {
    const now = clock.now();
    if (now - from >= PATIENCE_MS) {
      answered.resolve(null);
      return;
    }
    for (const question of questions) {
      const packet = question.due(now);
      if (packet) socket.send(packet, question.server);
    }
    const due = questions.flatMap(({ dueAt }) => dueAt ?? []);
    clock.after(Math.max(1, Math.min(from + PATIENCE_MS, ...due) - now), () => {
      if (!done) send();
    });
  };
  let done = false;
  send();
  const mapped = await answered.promise;
  done = true;
  forget();
  await socket.close();
  return mapped;
}
