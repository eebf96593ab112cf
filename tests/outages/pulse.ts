/** A datagram every 10 ms through an exit and back: says when traffic flows, and since when again. */
import { until } from '../e2e/wait.ts';
import type { LabProcess } from '../lab/process.ts';
import { inNamespace } from '../lab/run.ts';
import type { Scene } from '../lab/scene.ts';
import { SERVERS } from '../lab/servers.ts';

const PROBE = 'tests/net/netd-programs/probe.ts';
const PORT = 7777;
/** A pulse that stops says so after 200 ms. */
const NOTICED_MS = 1_000;
const FAR = SERVERS.origins['two.example'];

export interface Pulse {
  /** The last answer, ms since the epoch, of a pulse that has stopped by now. */
  gone(): Promise<number>;
  /** The first answer after this moment; the moment itself when no pause was long enough to be noticed. */
  backAfter(moment: number, limit?: number): Promise<number>;
  /** How long each pause was that is over, ms. */
  pauses(): readonly number[];
  stop(): Promise<void>;
}

export async function startEcho({ lab }: Scene): Promise<LabProcess> {
  const args = ['serve', 'udp', String(PORT), FAR];
  const echo = lab.startNode({ name: 'echo', namespace: lab.inet, file: PROBE, args });
  await echo.prints(/listening/);
  return echo;
}

let started = 0;

/** For the one exit that is up. */
export async function startPulse({ lab, client }: Scene): Promise<Pulse> {
  const shown = await inNamespace(client.home.host, 'ip', ['-4', '-o', 'address']);
  const [, own] = /wrn\S+\s+inet (\S+?)\//.exec(shown) ?? [];
  if (!own) throw new Error(`no tunnel in ${shown}`);
  const args = ['pulse', own, FAR, String(PORT)];
  const name = `pulse-${++started}`;
  const pulse = lab.startNode({ name, namespace: client.home.host, file: PROBE, args });
  const said = () => [...pulse.output.matchAll(/(gone|back) (\d+)/g)].map(([, what, at]) => ({ what, at: Number(at) }));
  return {
    async gone() {
      const last = () => said().at(-1);
      return until('the pulse stops', async () => (last()?.what === 'gone' ? (last()?.at ?? null) : null), 20_000);
    },
    async backAfter(moment, limit = 30_000) {
      const back = () => said().find(({ what, at }) => what === 'back' && at >= moment)?.at;
      const neverGone = () => said().at(-1)?.what === 'back' && Date.now() > moment + NOTICED_MS;
      return until('the pulse beats again', async () => back() ?? (neverGone() ? moment : null), limit);
    },
    pauses() {
      const all = said();
      return all.flatMap(({ what, at }, i) => (what === 'gone' ? [(all[i + 1]?.at ?? at) - at] : []));
    },
    async stop() {
      pulse.child.kill('SIGKILL');
      await pulse.exited;
    },
  };
}
