/** TURN over UDP: a socket that speaks with the server alone, so nobody else's packets are ever read. */
import dgram from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { TurnConnection } from '../../effects.ts';
import { encodeChannelData } from '../../wire/turn/channel-data.ts';
import type { TurnServer } from '../../wire/turn/uri.ts';
import { connectDatagrams } from '../connect-datagrams.ts';
import { unreachable } from './unreachable.ts';

/** A burst of a tunnel at full speed; the system grants what it allows. */
const BUFFER_BYTES = 4 << 20;

export async function openDatagramConnection(server: TurnServer): Promise<TurnConnection> {
  try {
    const { address, family } = await lookup(server.host);
    const type = family === 6 ? 'udp6' : 'udp4';
    const socket = dgram.createSocket({ type, recvBufferSize: BUFFER_BYTES, sendBufferSize: BUFFER_BYTES });
    await connectDatagrams(socket, server.port, address);
    return over(socket);
  } catch (cause) {
    throw unreachable(server, cause);
  }
}

function over(socket: dgram.Socket): TurnConnection {
  let open = true;
  // "Port unreachable" while the server restarts is silence to us: the machine asks again. Without a
  // callback for each packet a failed sending comes here too, and the others cost a fifth less.
  socket.removeAllListeners('error').on('error', () => {});
  return {
    send(message) {
      if (open) socket.send(message);
    },
    sendOnChannel(channel, packet) {
      if (open) socket.send(encodeChannelData(channel, packet, false));
    },
    onMessage(handler) {
      const listen = (buffer: Buffer) => handler(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength));
      socket.on('message', listen);
      return () => socket.off('message', listen);
    },
    onClosed: () => () => {},
    close() {
      if (!open) return;
      open = false;
      // What was sent a moment ago (giving the address back) leaves first.
      setImmediate(() => socket.close());
    },
  };
}
