/** The lab's helpers: real ones, in the internet, that can be killed and started again at any time. */
import type { Lab } from './lab.ts';
import type { LabProcess } from './process.ts';
import { inNamespace } from './run.ts';
import { SERVERS } from './servers.ts';
import { TURN_SECRET, TURN_URIS } from './turn.ts';

export const STUN_PORT = 3478;
export const RELAY_PORT = 7000;
const ADDRESSES = [SERVERS.helper, SERVERS.secondHelper] as const;
/** Which of the two. */
export type HelperIndex = 0 | 1;

/** What a network profile says of the first so many helpers. */
export function helpersOf(count: 1 | 2) {
  const addresses = ADDRESSES.slice(0, count);
  return {
    relays: addresses.map(([first]) => `ws://${first}:${RELAY_PORT}`),
    stun: addresses.flat().map((host) => ({ host, port: STUN_PORT })),
    turn: addresses.map(([first]) => `http://${first}:${RELAY_PORT}/turn`),
  };
}

/** @param turnPass how long its passes for the TURN relay are good, seconds. */
export async function startHelper(lab: Lab, turnPass?: number, index: HelperIndex = 0): Promise<LabProcess> {
  const [first, second] = ADDRESSES[index];
  const helper = lab.startNode({
    name: index === 0 ? 'helper' : 'helper-2',
    namespace: lab.inet,
    file: 'helper/main.ts',
    args: [
      ...['start', '--stun', `${first}:${STUN_PORT}`],
      ...['--stun-alt', `${second}:${STUN_PORT + 1}`],
      ...['--relay', `${first}:${RELAY_PORT}`],
      ...['--turn', TURN_URIS.join(',')],
      ...(turnPass === undefined ? [] : ['--turn-ttl', String(turnPass)]),
    ],
    env: { WARREN_TURN_SECRET: TURN_SECRET },
  });
  await helper.prints(/"ready"/);
  return helper;
}

export class SceneHelper {
  readonly index: HelperIndex;
  readonly #lab: Lab;
  readonly #turnPass: number | undefined;
  #process: LabProcess;

  static async start(lab: Lab, turnPass: number | undefined, index: HelperIndex): Promise<SceneHelper> {
    return new SceneHelper(lab, turnPass, index, await startHelper(lab, turnPass, index));
  }

  private constructor(lab: Lab, turnPass: number | undefined, index: HelperIndex, process: LabProcess) {
    this.#lab = lab;
    this.#turnPass = turnPass;
    this.index = index;
    this.#process = process;
  }

  /** Its sockets close: whoever is connected hears of it. */
  async kill(): Promise<void> {
    // Also ends one that hangs.
    this.#process.child.kill('SIGKILL');
    await this.#process.exited;
  }

  /** It says nothing any more, and nobody is told: as a machine without power looks from outside. */
  hang(): void {
    this.#process.child.kill('SIGSTOP');
  }

  async start(): Promise<void> {
    this.#process = await startHelper(this.#lab, this.#turnPass, this.index);
  }

  /** One of its metrics, all labels together. */
  async metric(name: string, labels = ''): Promise<number> {
    const url = `http://${ADDRESSES[this.index][0]}:${RELAY_PORT}/metrics`;
    const text = await inNamespace(this.#lab.inet, 'curl', ['-sf', '--max-time', '5', url]);
    const lines = text.split('\n').filter((line) => line.startsWith(name) && line.includes(labels));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }
}
