/**
 * Birthday probing on real sockets: opens them as the machine asks, and makes a base of the first one that
 * the peer was heard on. From there on the checks of the path do the rest.
 */
import type { Clock, Datagrams, TransportAddress } from '../../../effects.ts';
import type { Candidate } from '../../../wire/candidate.ts';
import { drive } from '../../drive.ts';
import type { BaseId, Random } from '../api.ts';
import { type Bases, MAIN } from '../bases.ts';
import { candidatePriority } from '../candidates.ts';
import { Birthday, type BirthdayInput, type BirthdayOptions, type BirthdayOutput } from './birthday.ts';

export interface DoorsWorld {
  readonly clock: Clock;
  readonly random: Random;
  /** Opens one more socket; a rejected one is a probe that is not sent. */
  openDatagrams(): Promise<Datagrams>;
}

export interface DoorsOptions extends Omit<BirthdayOptions, 'random'> {
  readonly bases: Bases;
  /** Tells these sockets from other peers' among the bases. */
  readonly name: string;
  /** What our own probes go out from, where that is not the path's first socket. */
  readonly from?: BaseId;
  /** What the peer sent to a base that we made. */
  receive(base: BaseId, packet: Uint8Array, from: TransportAddress): void;
}

export interface Doors {
  /** A pair without a relay works: no more probes, and only the sockets that were hit stay open. */
  found(): void;
  /** The port behind a base of ours; null when it is none. */
  portOf(base: BaseId): number | null;
  close(): Promise<void>;
}

/** More hits than one come at the same time now and then; a path needs one. */
const MAX_HITS = 4;

export function openDoors(world: DoorsWorld, options: DoorsOptions): Doors {
  const { bases, name, local, remote, receive } = options;
  const addresses = new Set(remote.map(({ address }) => address));
  const seen = local.find(({ type }) => type === 'srflx');
  const unhit = new Set<Promise<Datagrams | null>>();
  const hits = new Map<BaseId, Datagrams>();
  let over = false;

  const driven = drive<BirthdayInput, BirthdayOutput>(
    new Birthday({ ...options, random: world.random }),
    world.clock,
    ({ socket, packet, to }) => {
      if (socket === null) bases.send(options.from ?? MAIN, packet, to);
      else void knock(`${name}${socket}`, packet, to);
    },
  );

  async function knock(base: BaseId, packet: Uint8Array, to: TransportAddress): Promise<void> {
    const opening = world.openDatagrams().catch(() => null);
    unhit.add(opening);
    const socket = await opening;
    if (!socket || over) return;
    socket.onPacket((answer, from) => {
      if (!hits.has(base)) {
        if (over || hits.size >= MAX_HITS || !addresses.has(from.address)) return;
        unhit.delete(opening);
        hits.set(base, socket);
        bases.add(base, socket, [candidateOf(socket, seen)]);
      }
      receive(base, answer, from);
    });
    socket.send(packet, to);
  }

  async function closeUnhit(): Promise<void> {
    over = true;
    driven.stop();
    const sockets = await Promise.all(unhit);
    unhit.clear();
    await Promise.all(sockets.map((socket) => socket?.close()));
  }

  driven.feed({ type: 'start' });
  return {
    found: () => void closeUnhit(),
    portOf: (base) => hits.get(base)?.local.port ?? null,
    async close() {
      for (const base of hits.keys()) bases.remove(base);
      await Promise.all([closeUnhit(), ...[...hits.values()].map((socket) => socket.close())]);
    },
  };
}

/** Nobody has told us yet under which port the peer sees this socket: the checks find out. */
function candidateOf({ local }: Datagrams, seen: Candidate | undefined): Candidate {
  const priority = candidatePriority('prflx', 0);
  return { type: 'prflx', address: seen?.address ?? local.address, port: local.port, priority };
}
