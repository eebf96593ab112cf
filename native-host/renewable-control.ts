/**
 * The control connection of one session, over as many TCP connections as outages need. TCP says again what got lost
 * only after as long as the silence lasted (RFC 6298 §5.5), while WireGuard goes on at once: a proof that is stuck so
 * long shuts the node's gate. So a new connection takes the place of the old one when the path is back.
 */
import type { WarrenError } from '../shared/base/errors.ts';
import type { ControlDown, ControlUpInput } from '../shared/wire/control.ts';
import type { ControlConnection } from './control-connection.ts';

export interface RenewableControl extends ControlConnection {
  /** The path carries again. The node answers with another `ready`, and says again what it had said of itself. */
  renew(): void;
}

/**
 * Says hello on each connection.
 * @throws what `connect` throws the first time; later the connection of before stays, or its loss is told.
 */
export async function openRenewableControl(
  connect: () => Promise<ControlConnection>,
  session: string,
): Promise<RenewableControl> {
  const handlers = new Set<(message: ControlDown) => void>();
  const losers = new Set<(error: WarrenError) => void>();
  /** What is to be sent while another connection is being made. */
  let held: ControlUpInput[] | null = null;
  let lost: WarrenError | null = null;
  let closed = false;
  let made = 0;

  const take = (connection: ControlConnection, number: number): void => {
    connection.onMessage((message) => {
      if (connection === current) for (const handler of handlers) handler(message);
    });
    connection.onLost((error) => {
      if (connection !== current || closed) return;
      lost = error;
      if (!held) for (const loser of losers) loser(error);
    });
    connection.send({ type: 'hello', session, connection: number });
  };
  const release = () => {
    for (const message of held ?? []) current.send(message);
    held = null;
  };
  const replace = (next: ControlConnection, number: number) => {
    if (closed || number !== made) return next.close();
    current.close();
    lost = null;
    current = next;
    take(next, number);
    release();
  };
  const giveUp = (number: number) => {
    if (number !== made) return;
    release();
    if (lost && !closed) for (const loser of losers) loser(lost);
  };
  let current = await connect();
  take(current, made);

  return {
    send(message) {
      if (held) held.push(message);
      else current.send(message);
    },
    onMessage(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    onLost(handler) {
      losers.add(handler);
      return () => losers.delete(handler);
    },
    renew() {
      if (closed || (lost && !held)) return;
      held ??= [];
      // One that is on its way may be stuck in the outage that came meanwhile.
      const number = ++made;
      connect().then(
        (next) => replace(next, number),
        () => giveUp(number),
      );
    },
    close() {
      closed = true;
      current.close();
    },
  };
}
