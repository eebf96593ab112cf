/** The lab's helpers: real ones, in the internet, that can be killed and started again at any time. */
import type { Lab } from './lab.ts';
import type { LabProcess } from './process.ts';
import { inNamespace } from './run.ts';
import { type Family, inUrl, SERVERS, SERVERS6 } from './servers.ts';
import { TURN_SECRET, TURN_URIS, TURN_URIS6 } from './turn.ts';

export const STUN_PORT = 3478;
export const RELAY_PORT = 7000;
const ADDRESSES = { 4: [SERVERS.helper, SERVERS.secondHelper], 6: [SERVERS6.helper] } as const;
/** Which of the two. */
export type HelperIndex = 0 | 1;

/** What a network profile says of the first so many helpers. */
export function helpersOf(count: 1 | 2, family: Family = 4) {
  const addresses = ADDRESSES[family].slice(0, count);
  return {
    relays: addresses.map(([first]) => `ws://${inUrl(first)}:${RELAY_PORT}`),
    stun: addresses.flat().map((host) => ({ host, port: STUN_PORT })),
    turn: addresses.map(([first]) => `http://${inUrl(first)}:${RELAY_PORT}/turn`),
  };
}

export interface HelperOptions {
  /** How long its passes for the TURN relay are good, seconds. */
  readonly turnPass?: number;
  readonly index?: HelperIndex;
  /** Its addresses; over IPv6 there is one helper only. */
  readonly family?: Family;
}

/** As its command line and URLs have them. */
function placeOf({ index = 0, family = 4 }: HelperOptions): readonly [string, string] {
  const [first, second] = ADDRESSES[family][index] ?? [];
  if (!first || !second) throw new RangeError('the lab has one helper with IPv6 addresses');
  return [inUrl(first), inUrl(second)];
}

export async function startHelper(lab: Lab, options: HelperOptions = {}): Promise<LabProcess> {
  const { turnPass, index = 0, family = 4 } = options;
  const [first, second] = placeOf(options);
  const helper = lab.startNode({
    name: index === 0 ? 'helper' : 'helper-2',
    namespace: lab.inet,
    file: 'helper/main.ts',
    args: [
      ...['start', '--stun', `${first}:${STUN_PORT}`],
      ...['--stun-alt', `${second}:${STUN_PORT + 1}`],
      ...['--relay', `${first}:${RELAY_PORT}`],
      ...['--turn', (family === 4 ? TURN_URIS : TURN_URIS6).join(',')],
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
  readonly #options: HelperOptions;
  #process: LabProcess;

  static async start(lab: Lab, options: HelperOptions): Promise<SceneHelper> {
    return new SceneHelper(lab, options, await startHelper(lab, options));
  }

  private constructor(lab: Lab, options: HelperOptions, process: LabProcess) {
    this.#lab = lab;
    this.#options = options;
    this.index = options.index ?? 0;
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
    this.#process = await startHelper(this.#lab, this.#options);
  }

  /** One of its metrics, all labels together. */
  async metric(name: string, labels = ''): Promise<number> {
    const url = `http://${placeOf(this.#options)[0]}:${RELAY_PORT}/metrics`;
    const text = await inNamespace(this.#lab.inet, 'curl', ['-sf', '--max-time', '5', url]);
    const lines = text.split('\n').filter((line) => line.startsWith(name) && line.includes(labels));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }
}
