/** A thousand datagrams a second through a tunnel, each sent back from its other end: how many went, how many returned. */
import type { Lab } from '../lab/lab.ts';
import type { LabProcess } from '../lab/process.ts';
import type { Counted } from './judged.ts';

export const PROBE = 'tests/net/netd-programs/probe.ts';
export const ECHO_PORT = 7777;

export interface FlowCounts extends Counted {
  /** Packets a second. */
  readonly rate: number;
  /** Where packets were lost: the first of each run and how many. */
  readonly gaps: readonly string[];
}

export interface Flow {
  /** Stops sending, waits for what is under way, and counts. */
  end(): Promise<FlowCounts>;
}

let started = 0;

export async function startEcho(lab: Lab, namespace: string, address: string): Promise<LabProcess> {
  const args = ['serve', 'udp', String(ECHO_PORT), address];
  const echo = lab.startNode({ name: `echo-${++started}`, namespace, file: PROBE, args });
  await echo.prints(/listening/);
  return echo;
}

/** @param from the tunnel's own address, @param to where an echo listens. */
export async function startFlow(lab: Lab, namespace: string, from: string, to: string): Promise<Flow> {
  const args = ['flood-until', from, to, String(ECHO_PORT)];
  const flood = lab.startNode({ name: `flow-${++started}`, namespace, file: PROBE, args });
  await flood.prints(/flooding/);
  return {
    async end() {
      flood.kill('SIGTERM');
      const [text] = await flood.prints(/\{.*\}/);
      const { sent, received, ms, gaps } = JSON.parse(text);
      return { sent, received, rate: Math.round((1000 * sent) / ms), gaps };
    },
  };
}
