/** Runs `FilterProbe`s, each on a socket of its own: one server after another, until one can tell. */
import type { Clock, Datagrams, TransportAddress } from '../../effects.ts';
import { type Driven, drive } from '../drive.ts';
import type { NatBehaviour, Random } from './api.ts';
import { FilterProbe, type FilterProbeInput } from './filter-probe.ts';

export interface FilterTest {
  /** Asks; what an earlier asking may still find is of no interest any more. */
  ask(): void;
  close(): void;
}

/** Servers without a second address tell nothing, and each costs up to 1.5 s. */
const MAX_SERVERS = 3;
const isIpv6 = ({ address }: TransportAddress): boolean => address.includes(':');

export function openFilterTest(
  world: {
    readonly clock: Clock;
    readonly random: Random;
    readonly servers: readonly TransportAddress[];
    readonly hosts: (port: number) => readonly TransportAddress[];
    readonly open: () => Promise<Datagrams>;
  },
  found: (filtering: NatBehaviour) => void,
): FilterTest {
  const { clock, random, servers, hosts, open } = world;
  let round = 0;
  let abandon = () => {};

  async function probe(server: TransportAddress): Promise<NatBehaviour> {
    const socket = await open();
    const verdict = await new Promise<NatBehaviour>((resolve) => {
      const machine = new FilterProbe({ server, random });
      const driven: Driven<FilterProbeInput> = drive(machine, clock, (output) => {
        if (output.type === 'send') socket.send(output.packet, output.to);
        else resolve(output.filtering);
      });
      socket.onPacket((packet, from) => driven.feed({ type: 'packet', packet, from }));
      abandon = () => {
        driven.stop();
        resolve('unknown');
      };
      driven.feed({ type: 'start' });
    });
    abandon();
    await socket.close();
    return verdict;
  }

  async function askAll(): Promise<void> {
    const mine = ++round;
    abandon();
    const families = new Set(hosts(1).map(isIpv6));
    for (const server of servers.filter((one) => families.has(isIpv6(one))).slice(0, MAX_SERVERS)) {
      if (mine !== round) return;
      const verdict = await probe(server);
      if (verdict === 'unknown') continue;
      if (mine === round) found(verdict);
      return;
    }
  }

  return {
    // No socket to be had: nothing is found, and nothing else depends on it.
    ask: () => void askAll().catch(() => {}),
    close() {
      round++;
      abandon();
    },
  };
}
