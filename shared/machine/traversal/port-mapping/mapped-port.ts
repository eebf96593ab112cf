/**
 * Has the router open one port: by PCP or NAT-PMP where it speaks them, by UPnP-IGD where it refuses or is
 * slow to answer. Says what the port's candidate is.
 */
import type { Ms } from '../../../base/units.ts';
import type { Clock, IgdRouter, RouterLine, TransportAddress } from '../../../effects.ts';
import type { Candidate } from '../../../wire/candidate.ts';
import { type Driven, drive } from '../../drive.ts';
import type { Random } from '../api.ts';
import { candidatePriority } from '../candidates.ts';
import { IgdMapping, type IgdMappingInput, type IgdMappingOutput } from './igd-mapping.ts';
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
/** So long a leaving port waits for a router; what is still under way then goes on by itself. */
const FAREWELL: Ms = 500;
/** A mapped port is as good as a public one, behind the machine's own addresses. */
const RANK = 100;

interface Way {
  /** Gives the port back. */
  close(): Promise<void>;
}

export function openMappedPort(
  world: MappedPortWorld,
  port: number,
  changed: (candidate: Candidate | null) => void,
): MappedPort {
  let ways: readonly Way[] = [];
  let closed = false;
  let settle = () => {};
  let line: RouterLine | null = null;
  let cancelPatience = () => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });

  const opening = (async () => {
    line = await world.openRouterLine().catch(() => null);
    if (!line || closed) return settle();
    let said: string | null = null;
    const held: { line: TransportAddress | null; igd: TransportAddress | null } = { line: null, igd: null };
    const tell = () => {
      const external = held.line ?? held.igd;
      const text = JSON.stringify(external);
      if (said === text) return;
      said = text;
      changed(external && { type: 'host', ...external, priority: candidatePriority('host', RANK) });
    };
    const igd = overIgd(world, line, port, (external) => {
      held.igd = external;
      tell();
    });
    const lined = overLine(world, line, port, (external) => {
      held.line = external;
      if (!external) igd.start();
      tell();
      settle();
    });
    cancelPatience = world.clock.after(PATIENCE, () => {
      settle();
      if (!held.line) igd.start();
    });
    ways = [lined, igd];
  })();

  return {
    settled,
    async close() {
      closed = true;
      await opening;
      cancelPatience();
      await Promise.all(ways.map((way) => way.close()));
      await line?.close();
    },
  };
}

/** PCP or NAT-PMP. */
function overLine(
  { clock, random }: MappedPortWorld,
  line: RouterLine,
  port: number,
  changed: (external: TransportAddress | null) => void,
): Way {
  const machine = new PortMapping({ client: line.client, port, random });
  const driven: Driven<PortMappingInput> = drive<PortMappingInput, PortMappingOutput>(machine, clock, (output) => {
    if (output.type === 'send') line.send(output.packet);
    else changed(output.external);
  });
  line.onPacket((packet) => driven.feed({ type: 'packet', packet }));
  line.onRefused(() => driven.feed({ type: 'refused' }));
  driven.feed({ type: 'start' });
  return {
    async close() {
      driven.feed({ type: 'stop' });
      driven.stop();
    },
  };
}

function overIgd(
  { clock, random }: MappedPortWorld,
  line: RouterLine,
  port: number,
  changed: (external: TransportAddress | null) => void,
): Way & { start(): void } {
  let igd: IgdRouter | null = null;
  /** One request at a time, in their order. */
  let work: Promise<void> = Promise.resolve();
  const machine = new IgdMapping({ port, random });
  const driven: Driven<IgdMappingInput> = drive<IgdMappingInput, IgdMappingOutput>(machine, clock, (output) => {
    if (output.type === 'external') changed(output.external);
    else if (output.type === 'unmap') work = work.then(() => igd?.unmap(output.externalPort));
    else work = work.then(() => map(output.externalPort, output.lifetime));
  });

  async function map(externalPort: number, lifetime: number): Promise<void> {
    igd ??= await line.findIgd().catch(() => null);
    const external = (await igd?.map(port, externalPort, lifetime).catch(() => null)) ?? null;
    if (igd) driven.feed(external ? { type: 'mapped', external } : { type: 'refused' });
    else driven.feed({ type: 'absent' });
  }

  return {
    start: () => driven.feed({ type: 'start' }),
    async close() {
      driven.feed({ type: 'stop' });
      await Promise.race([work, new Promise<void>((resolve) => clock.after(FAREWELL, resolve))]);
    },
  };
}
