/**
 * The in-tunnel control channel as bytes: TCP from the tunnel's own address to the provider's gateway,
 * one JSON object a line. It parses and bounds what comes; what to say is decided in payments.ts.
 */
import { connect, type Socket } from 'node:net';
import * as v from 'valibot';
import { asWarrenError, WarrenError } from '../shared/base/errors.ts';
import type { Ms } from '../shared/base/units.ts';
import type { Unsubscribe } from '../shared/effects.ts';
import { LineSplitter } from '../shared/node/lines.ts';
import {
  CONTROL_PORT,
  type ControlDown,
  ControlDownSchema,
  type ControlUpInput,
  MAX_CONTROL_LINE_BYTES,
} from '../shared/wire/control.ts';
import { GATEWAY4 } from '../shared/wire/netd.ts';

export interface ControlConnection {
  send(message: ControlUpInput): void;
  onMessage(handler: (message: ControlDown) => void): Unsubscribe;
  /** Once, when the other side ends it or breaks the protocol; not after `close`. */
  onLost(handler: (error: WarrenError) => void): Unsubscribe;
  close(): void;
}

/**
 * @param from the tunnel's IPv4 address: the socket is bound to it, so it can not leave elsewhere.
 * @throws WarrenError `tunnel_lost` when the gateway does not take the connection in time.
 */
export function connectControl(from: string, timeout: Ms): Promise<ControlConnection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: GATEWAY4, port: CONTROL_PORT, localAddress: from, noDelay: true, keepAlive: true });
    const timer = setTimeout(() => socket.destroy(new Error('timed out')), timeout);
    const refuse = (cause?: unknown) => {
      clearTimeout(timer);
      reject(lost("The node's control port does not answer through the tunnel.", cause));
    };
    socket.once('error', refuse);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', refuse);
      resolve(overSocket(socket));
    });
  });
}

/** @param socket connected to the gateway through the tunnel, and not read yet. */
export function overSocket(socket: Socket): ControlConnection {
  const lines = new LineSplitter(MAX_CONTROL_LINE_BYTES);
  const handlers = new Set<(message: ControlDown) => void>();
  const losers = new Set<(error: WarrenError) => void>();
  let open = true;
  const end = (error: WarrenError) => {
    if (!open) return;
    open = false;
    socket.destroy();
    for (const loser of losers) loser(error);
  };
  socket.on('error', (cause) => end(lost('The connection to the node inside the tunnel broke.', cause)));
  socket.on('close', () => end(lost('The node closed the connection inside the tunnel.')));
  socket.on('data', (chunk) => {
    try {
      for (const line of lines.push(chunk)) {
        const message = parseControlDown(line);
        for (const handler of handlers) if (open) handler(message);
      }
    } catch (error) {
      end(asWarrenError(error));
    }
  });
  return {
    send(message) {
      if (open) socket.write(`${JSON.stringify(message)}\n`);
    },
    onMessage(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    onLost(handler) {
      losers.add(handler);
      return () => losers.delete(handler);
    },
    close() {
      open = false;
      socket.destroy();
    },
  };
}

/** @throws WarrenError `frame_malformed`. */
export function parseControlDown(line: string): ControlDown {
  try {
    return v.parse(ControlDownSchema, JSON.parse(line));
  } catch (cause) {
    const message = 'The node said something on the control channel that is not in the protocol.';
    throw new WarrenError('frame_malformed', message, 'Choose another node; this one runs other software.', { cause });
  }
}

function lost(message: string, cause?: unknown): WarrenError {
  return new WarrenError('tunnel_lost', message, 'Warren looks for another way by itself.', { cause });
}
