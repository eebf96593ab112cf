/** Runs `PortMapping` over a line to the router, and says what its candidate is. */
import type { Ms } from '../../../base/units.ts';
import type { Clock, RouterLine } from '../../../effects.ts';
import type { Candidate } from '../../../wire/candidate.ts';
import { type Driven, drive } from '../../drive.ts';
import type { Random } from '../api.ts';
import { candidatePriority } from '../candidates.ts';
import { PortMapping, type PortMappingInput, type PortMappingOutput } from './port-mapping.ts';

export interface MappedPort {
  /** Resolves with the router's first word, or when it takes too long to wait for. */
  readonly settled: Promise<void>;
  close(): Promise<void>;
}

export interface MappedPortWorld {
  readonly clock: Clock;
  readonly random: Random;
  openRouterLine(): Promise<RouterLine | null>;
}

const PATIENCE: Ms = 250;
/** A mapped port is as good as a public one, behind the machine's own addresses. */
const RANK = 100;

export function openMappedPort(
  world: MappedPortWorld,
  port: number,
  changed: (candidate: Candidate | null) => void,
): MappedPort {
  let driven: Driven<PortMappingInput> | null = null;
  let line: RouterLine | null = null;
  let closed = false;
  let settle = () => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
    world.clock.after(PATIENCE, resolve);
  });

  const opening = (async () => {
    line = await world.openRouterLine().catch(() => null);
    if (!line || closed) return settle();
    const { client, send, onPacket, onRefused } = line;
    const machine = new PortMapping({ client, port, random: world.random });
    const running = drive<PortMappingInput, PortMappingOutput>(machine, world.clock, (output) => {
      if (output.type === 'send') return send(output.packet);
      const { external } = output;
      changed(external && { type: 'host', ...external, priority: candidatePriority('host', RANK) });
      settle();
    });
    driven = running;
    onPacket((packet) => running.feed({ type: 'packet', packet }));
    onRefused(() => running.feed({ type: 'refused' }));
    running.feed({ type: 'start' });
  })();

  return {
    settled,
    async close() {
      closed = true;
      await opening;
      driven?.feed({ type: 'stop' });
      driven?.stop();
      await line?.close();
    },
  };
}
