/** A steady flow of datagrams through the tunnel and back. */
import { CLIENT_TUNNEL, type NetdLab, type ProbeCounts, until } from '../../net/netd-lab.ts';
import { ECHO } from './session.ts';

export interface FlowCounts extends ProbeCounts {
  readonly ms: number;
}

export interface Flow {
  /** Until so many more have come back. */
  goesOn(packets: number): Promise<void>;
  /** Stops sending, waits for what is under way, and counts. */
  end(): Promise<FlowCounts>;
}

export async function startFlow(lab: NetdLab, rate: number): Promise<Flow> {
  const to = [ECHO.address, String(ECHO.port)];
  const probe = await lab.probe(lab.client, 'flood-until', CLIENT_TUNNEL.address4, ...to, String(rate));
  let back = 0;
  // It says now and then how many have come back.
  probe.stdout?.on('data', (chunk: Buffer) => {
    for (const [, count] of chunk.toString().matchAll(/^(\d+)$/gm)) back = Number(count);
  });
  return {
    goesOn: (packets) => {
      const goal = back + packets;
      return until(`${packets} more come back`, () => back >= goal);
    },
    end: async () => (await lab.report(probe)) as FlowCounts,
  };
}
