/**
 * The relay of one exit, kept warm from the beginning: each allocation is a base of the path, and a lane
 * lets WireGuard use it. While a path is being changed the lane carries what WireGuard still sends there,
 * so that no packet is lost on the way to a better one.
 */
import type { TransportAddress } from '../shared/effects.ts';
import type { BaseId, CandidatePair } from '../shared/machine/traversal/api.ts';
import { createLane } from '../shared/machine/traversal/turn/lane.ts';
import { openRelays, type RelayBase, relayCandidates } from '../shared/machine/traversal/turn/relays.ts';
import type { Candidate } from '../shared/wire/candidate.ts';
import type { PathHandle } from './path.ts';
import type { World } from './world.ts';

export interface ExitRelay {
  /** A relayed address is there, or the network's relay did not answer. */
  readonly settled: boolean;
  /** UDP got no answer, a stream did: nothing else will come of gathering. */
  readonly overStream: boolean;
  /** The peer may send to us through the relay. */
  permit(peer: readonly Candidate[]): void;
  /** Where WireGuard shall send for this pair from now on. */
  lead(pair: CandidatePair): TransportAddress;
  joins(wireGuardPort: number): void;
  /** The path in use is in doubt. */
  wake(): void;
  close(): Promise<void>;
}

/** Null where the network has no relay. `changed`: `settled` or the path's bases have changed. */
export async function openExitRelay(
  world: World,
  { bases, receive }: Pick<PathHandle, 'bases' | 'receive'>,
  changed: () => void,
): Promise<ExitRelay | null> {
  const { turn } = world;
  if (!turn) return null;
  const lane = createLane(await world.openLoopback());
  const known = new Set<BaseId>();
  let standing: readonly RelayBase[] = [];
  let settled = false;

  const relays = openRelays(
    { ...world, turn },
    {
      bases(now) {
        standing = now;
        settled = true;
        for (const base of [...known]) if (!now.some((relay) => relay.base === base)) forget(base);
        for (const relay of now) if (!known.has(relay.base)) learn(relay);
        changed();
      },
      stun: (base, packet, from) => receive(base, packet, from),
      data: (_base, packet) => lane.deliver(packet),
      failed() {
        settled = true;
        changed();
      },
    },
  );

  function learn(relay: RelayBase): void {
    known.add(relay.base);
    const send = (packet: Uint8Array, to: TransportAddress) => relays.send(relay.base, packet, to);
    bases.add(relay.base, { send }, relayCandidates(relay));
  }

  function forget(base: BaseId): void {
    known.delete(base);
    bases.remove(base);
  }

  return {
    get settled() {
      return settled;
    },
    get overStream() {
      return standing.some(({ transport }) => transport !== 'udp');
    },
    permit(peer) {
      for (const { address } of peer) relays.permit(address);
    },
    lead({ local, remote }) {
      const to = { address: remote.address, port: remote.port };
      lane.lead((packet) => bases.send(local.base, packet, to));
      if (!known.has(local.base)) return to;
      relays.bind(local.base, to);
      return lane.at;
    },
    joins: lane.joins,
    wake: () => relays.wake(),
    async close() {
      relays.stop();
      await lane.close();
    },
  };
}
