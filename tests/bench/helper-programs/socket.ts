/** One WebSocket to a relay from an address of its own, and NIP-01 frames over it. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

export type Frame = readonly unknown[];

/** Loopback has sixteen million addresses: each peer has one, so that no limit per source is met. */
export function sourceAddress(n: number): string {
  return `127.${16 + (n >>> 16)}.${(n >>> 8) & 255}.${n & 255 || 1}`;
}

export class RelaySocket {
  readonly #socket: WebSocket;
  /** Bytes of frames that came, as text. */
  received = 0;
  onFrame: (frame: Frame) => void = () => {};

  static async open(url: string, localAddress: string): Promise<RelaySocket> {
    const socket = new WebSocket(url, { localAddress, perMessageDeflate: false });
    await once(socket, 'open');
    return new RelaySocket(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      this.received += data.length;
      this.onFrame(JSON.parse(data.toString()) as Frame);
    });
  }

  send(frame: Frame): void {
    this.#socket.send(JSON.stringify(frame));
  }

  ping(): void {
    this.#socket.ping();
  }
}
