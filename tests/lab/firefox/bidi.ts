/**
 * WebDriver BiDi (W3C), the command half: one WebSocket, JSON messages with ids. Firefox listens on the
 * loopback of its own namespace, so the socket's bytes go through a small process inside.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import WebSocket from 'ws';

const COMMAND_MS = 30_000;
/** Joins stdin and stdout with a port; what `nc` does, without another package. */
const JOIN = `const s = require('node:net').connect(+process.argv[1], '127.0.0.1');
s.on('error', () => process.exit(1)); process.stdin.pipe(s).pipe(process.stdout);`;

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
  readonly #bridge: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  private constructor(socket: WebSocket, bridge: ChildProcess) {
    this.#socket = socket;
    this.#bridge = bridge;
    socket.on('message', (data) => {
      const answer = JSON.parse(String(data)) as Answer;
      if (typeof answer.id === 'number') this.#waiting.get(answer.id)?.(answer);
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#fail('the browser closed the line'));
  }

  /** @param port on 127.0.0.1 of the namespace. @param node the binary that joins the two. */
  static async open(namespace: string, port: number, node: string): Promise<Bidi> {
    const bridge = spawn('ip', ['netns', 'exec', namespace, node, '-e', JOIN, String(port)], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const line = Duplex.from({ readable: bridge.stdout, writable: bridge.stdin });
    // The bytes are all that the WebSocket asks of its socket.
    const createConnection = () => line as Socket;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/session`, { createConnection });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return new Bidi(socket, bridge);
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
    this.#bridge.kill();
  }

  #fail(message: string): void {
    for (const settle of [...this.#waiting.values()]) settle({ type: 'error', error: 'closed', message });
  }
}
