/** TURN over TCP and TLS: the same messages in a stream, for networks that let no UDP through. */
import net from 'node:net';
import tls from 'node:tls';
import type { TurnConnection } from '../../effects.ts';
import { encodeChannelData } from '../../wire/turn/channel-data.ts';
import { createStreamReader } from '../../wire/turn/stream.ts';
import type { TurnServer } from '../../wire/turn/uri.ts';
import { unreachable } from './unreachable.ts';

const CONNECT_LIMIT_MS = 5_000;
/** Packets wait in a full pipe for this much, then they are dropped, as a network would: WireGuard slows down. */
const MAX_QUEUED_BYTES = 1 << 20;

export function openStreamConnection(server: TurnServer): Promise<TurnConnection> {
  const { host, port, transport } = server;
  return new Promise((resolve, reject) => {
    // The certificate is checked against host, name or address; further CAs come by NODE_EXTRA_CA_CERTS.
    const options = { host, port, timeout: CONNECT_LIMIT_MS };
    const name = net.isIP(host) ? {} : { servername: host };
    const socket = transport === 'tls' ? tls.connect({ ...options, ...name }) : net.connect(options);
    const fail = (cause: unknown) => {
      socket.destroy();
      reject(unreachable(server, cause));
    };
    socket.once('error', fail);
    socket.once('timeout', () => fail(new Error('connecting took too long')));
    socket.once(transport === 'tls' ? 'secureConnect' : 'connect', () => {
      socket.off('error', fail).removeAllListeners('timeout').setTimeout(0);
      socket.setNoDelay(true);
      resolve(over(socket));
    });
  });
}

function over(socket: net.Socket): TurnConnection {
  const handlers = new Set<(message: Uint8Array) => void>();
  const reader = createStreamReader();
  // 'close' follows every error.
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    const messages = reader.push(chunk);
    if (!messages) socket.destroy();
    for (const message of messages ?? []) for (const handler of handlers) handler(message);
  });
  const write = (message: Uint8Array) => {
    if (socket.writable && socket.writableLength < MAX_QUEUED_BYTES) socket.write(message);
  };
  return {
    send: write,
    sendOnChannel: (channel, packet) => write(encodeChannelData(channel, packet, true)),
    onMessage(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    onClosed(handler) {
      socket.on('close', handler);
      if (socket.destroyed) queueMicrotask(handler);
      return () => socket.off('close', handler);
    },
    close() {
      handlers.clear();
      socket.end();
      socket.setTimeout(CONNECT_LIMIT_MS, () => socket.destroy());
    },
  };
}
