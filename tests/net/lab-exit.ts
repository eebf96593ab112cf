/** The end of a tunnel inside a lab, asked and told from outside; `browser-programs/exit.ts` is the thing itself. */
import type { Home } from '../lab/home.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabProcess } from '../lab/process.ts';
import type { ExitAnswer, ExitSeen, ExitSettings } from './browser-programs/exit.ts';

export class LabExit {
  port = 0;
  rivalPort = 0;
  #credentials = { username: 'u', password: 'p' };
  readonly #process: LabProcess;
  readonly #waiting = new Map<number, (seen: ExitSeen) => void>();
  #nextId = 1;

  private constructor(process: LabProcess) {
    this.#process = process;
    process.child.on('message', (answer: ExitAnswer) => this.#waiting.get(answer.id)?.(answer));
  }

  /** On the loopback of that home, where its browser looks for it. */
  static async start(lab: Lab, home: Home): Promise<LabExit> {
    const { key, certificate: cert } = lab.certificate;
    const exit = new LabExit(
      lab.startNode({
        name: 'exit',
        namespace: home.host,
        file: 'tests/net/browser-programs/exit.ts',
        args: [JSON.stringify({ key, cert })],
        ipc: true,
      }),
    );
    const { port, rivalPort } = await exit.seen();
    Object.assign(exit, { port, rivalPort });
    return exit;
  }

  /** As the host names it. */
  get proxy() {
    return { host: '127.0.0.1' as const, port: this.port, ...this.#credentials };
  }

  /** Everything since the start, up to this moment. */
  seen(): Promise<ExitSeen> {
    return this.#ask({});
  }

  /** What the exit takes from now on; the host does not know of it. */
  async set(set: Partial<ExitSettings>): Promise<void> {
    await this.#ask({ set });
  }

  /** The same, and the host names it so. */
  async rename(username: string): Promise<void> {
    this.#credentials = { ...this.#credentials, username };
    await this.set({ username });
  }

  #ask(question: { readonly set?: Partial<ExitSettings> }): Promise<ExitSeen> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      void this.#process.exited.then((code) =>
        reject(new Error(`the exit ended with ${code}: ${this.#process.tail()}`)),
      );
      this.#waiting.set(id, (seen) => {
        this.#waiting.delete(id);
        resolve(seen);
      });
      this.#process.child.send({ id, ...question });
    });
  }
}
