/**
 * The UDP ports of one end: one at first, another one after each rotation, those before it for ten
 * seconds more, or for as long as somebody is on them. When to change is the rotation machine's decision;
 * here sockets are opened and closed.
 */
import type { Clock, Datagrams, RouterLine, TransportAddress } from '../../effects.ts';
import type { Candidate } from '../../wire/candidate.ts';
import { type Driven, drive } from '../drive.ts';
import type { BaseId, Nat, NatBehaviour, Random } from './api.ts';
import { type Bases, MAIN } from './bases.ts';
import { openFilterTest } from './filter-test.ts';
import type { Interval } from './interval.ts';
import { openPort, type Port } from './port.ts';
import { Rotation, type RotationInput, type RotationOutput } from './rotation.ts';

export interface PortsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly servers: readonly TransportAddress[];
  /** The machine's own addresses, each with this port. */
  readonly hosts: (port: number) => readonly TransportAddress[];
  /** The port to begin with, and how to open another. */
  readonly first: Datagrams;
  readonly open: () => Promise<Datagrams>;
  readonly openRouterLine: (() => Promise<RouterLine | null>) | null;
  readonly bases: Bases;
  readonly interval: Interval;
  /** A provider's, with a path to each client (see rotation.ts). */
  readonly shared: boolean;
}

export interface PortsEvents {
  packet(base: BaseId, packet: Uint8Array, from: TransportAddress): void;
  /** After each gathering, and once more when the filter of the NAT is known. */
  gathered(base: BaseId, candidates: readonly Candidate[], nat: Nat): void;
  /** A port came or went: these are WireGuard's now. Resolves when its packets are taken at all of them. */
  accept(numbers: readonly number[]): Promise<void>;
  /** The path has to be moved to this base. */
  move(base: BaseId): void;
  /** The port before the one that is newest now; its packets are still taken. */
  rotated(from: BaseId): void;
}

export interface Ports {
  readonly numbers: readonly number[];
  numberOf(base: BaseId): number | null;
  /** What new paths begin on. */
  readonly newest: BaseId;
  /** What the paths are sent from now. */
  used(bases: ReadonlySet<BaseId>): void;
  /** Ask what the world sees; until then nothing is sent and no event comes. */
  gather(): void;
  /** The tunnel stands: rotate from now on. */
  start(): void;
  network(): void;
  close(): Promise<void>;
}

export function openPorts(options: PortsOptions, events: PortsEvents): Ports {
  const { bases, clock, random, hosts, servers, openRouterLine } = options;
  const ports = new Map<BaseId, Port>();
  let newest = MAIN;
  let closed = false;
  let seen: Parameters<PortsEvents['gathered']> | null = null;
  let filtering: NatBehaviour | null = null;
  let asked = false;
  const { open } = options;
  const filter = openFilterTest({ clock, random, servers, hosts, open }, (found) => {
    filtering = found;
    if (seen) events.gathered(...withFilter(seen));
  });
  const withFilter = ([base, candidates, nat]: Parameters<PortsEvents['gathered']>) =>
    [base, candidates, { ...nat, filtering: filtering ?? nat.filtering }] as const;

  const add = (base: BaseId, socket: Datagrams, ready: () => void): Port => {
    const port = openPort({
      socket,
      servers,
      clock,
      random,
      hosts,
      openRouterLine,
      onPacket: (packet, from) => events.packet(base, packet, from),
      onGathered(candidates, nat) {
        // Without any address for a moment we are no other: the pairs of before are tried again.
        if (candidates.length > 0) bases.describe(base, candidates);
        seen = [base, candidates, nat];
        events.gathered(...withFilter(seen));
        ready();
        if (asked || nat.translated === null) return;
        asked = true;
        filter.ask();
      },
    });
    ports.set(base, port);
    bases.add(base, port);
    return port;
  };
  const numbers = () => [...ports.values()].map((port) => port.number);

  const close = async (base: BaseId): Promise<void> => {
    const port = ports.get(base);
    if (!port || !ports.delete(base)) return;
    bases.remove(base);
    void events.accept(numbers());
    await port.close();
  };

  const renew = async (base: BaseId): Promise<void> => {
    const socket = await open();
    if (closed) return socket.close();
    const port = add(base, socket, () => rotation.feed({ type: 'opened' }));
    // Nobody hears of it before: what the peer sends there at once would be lost.
    await events.accept(numbers());
    if (ports.get(base) === port) port.start();
  };

  const act = (output: RotationOutput): void => {
    switch (output.type) {
      case 'open':
        renew(output.base).catch(() => rotation.feed({ type: 'failed' }));
        return;
      case 'move':
        events.move(output.base);
        return;
      case 'moved':
        newest = output.base;
        events.rotated(output.from);
        return;
      case 'close':
        void close(output.base);
    }
  };
  const { interval, shared } = options;
  const machine = new Rotation({ interval, base: MAIN, shared, random });
  const rotation: Driven<RotationInput> = drive(machine, clock, act);
  add(MAIN, options.first, () => {});

  return {
    get numbers() {
      return numbers();
    },
    numberOf: (base) => ports.get(base)?.number ?? null,
    get newest() {
      return newest;
    },
    used: (now) => rotation.feed({ type: 'used', bases: now }),
    gather: () => ports.get(MAIN)?.start(),
    start: () => rotation.feed({ type: 'start' }),
    network() {
      filtering = null;
      asked = false;
      for (const port of ports.values()) port.network();
    },
    async close() {
      closed = true;
      filter.close();
      rotation.stop();
      await Promise.all([...ports.values()].map((port) => port.close()));
    },
  };
}
