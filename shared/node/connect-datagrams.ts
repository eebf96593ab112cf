/** Connects a UDP socket to one peer; where the machine has no route to it the socket is closed again. */
import type dgram from 'node:dgram';

/** @throws the system's error, ENETUNREACH above all. */
export function connectDatagrams(socket: dgram.Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => {
      socket.close();
      reject(cause);
    };
    socket.once('error', fail);
    // Node hands the failure of a connect to the callback, not to `error`.
    socket.connect(port, address, (cause?: Error) => {
      socket.off('error', fail);
      if (cause) fail(cause);
      else resolve();
    });
  });
}
