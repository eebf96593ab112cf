/** Connections to TURN servers (RFC 8656 §3.1): UDP, TCP, TLS. They move messages and must not look into them. */
import type { TurnConnection } from '../../effects.ts';
import type { TurnServer } from '../../wire/turn/uri.ts';
import { openDatagramConnection } from './datagram-connection.ts';
import { openStreamConnection } from './stream-connection.ts';

/** @throws WarrenError turn_unreachable when the name is unknown, the port closed or the certificate wrong. */
export function openTurnConnection(server: TurnServer): Promise<TurnConnection> {
  return server.transport === 'udp' ? openDatagramConnection(server) : openStreamConnection(server);
}
