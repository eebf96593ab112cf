/** WebDriver BiDi (W3C), the command half: one WebSocket, JSON messages with ids. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import WebSocket from 'ws';

const COMMAND_MS = 30_000;
/** What Firefox says on stderr when it listens. */
export const LISTENING = /WebDriver BiDi listening on ws:\/\/[^:]+:(\d+)/;

interface Answer {
  readonly id?: number | null;
  readonly type: 'success' | 'error' | 'event';
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
}

export class Bidi {
  #nextId = 1;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const answer = JSON.parse(String(data)) as Answer;
      if (typeof answer.id === 'number') this.#waiting.get(answer.id)?.(answer);
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#fail('the browser closed the line'));
  }

  /** @param line the way to that port, where it is not on this process's own loopback. */
  static async open(port: number, line?: Duplex): Promise<Bidi> {
    // Its bytes are all that the WebSocket asks of a socket.
    const options = line ? { createConnection: () => line as Socket } : {};
    const socket = new WebSocket(`ws://127.0.0.1:${port}/session`, options);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    const bidi = new Bidi(socket);
    await bidi.call('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
    return bidi;
  }

  /** Sends one command. @throws with the browser's words, or when it stays silent. */
  call<R = unknown>(method: string, params: object = {}, limitMs = COMMAND_MS): Promise<R> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const settle = (answer: Answer): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        if (answer.type === 'success') resolve(answer.result as R);
        else reject(new Error(`${method}: ${answer.error}: ${answer.message}`));
      };
      const late = { type: 'error', error: 'Timeout', message: `no answer within ${limitMs} ms` } as const;
      const timer = setTimeout(() => settle(late), limitMs);
      this.#waiting.set(id, settle);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  close(): void {
    this.#socket.terminate();
  }

  #fail(message: string): void {
    for (const settle of [...this.#waiting.values()]) settle({ type: 'error', error: 'closed', message });
  }
}
