/**
 * The relay of a node that lets no UDP through: one allocation for all its clients, and a lane to WireGuard
 * for each of them that uses it. Where UDP works there is none, for clients bring a relay of their own.
 */
import type { Clock, Datagrams, TransportAddress, TurnAccess } from '../shared/effects.ts';
import type { BaseId, CandidatePair, Random } from '../shared/machine/traversal/api.ts';
import type { Bases } from '../shared/machine/traversal/bases.ts';
import { addressKey } from '../shared/machine/traversal/candidates.ts';
import { createLane, type Lane } from '../shared/machine/traversal/turn/lane.ts';
import { openRelays, type RelayBase, type Relays, relayCandidates } from '../shared/machine/traversal/turn/relays.ts';
import type { Candidate } from '../shared/wire/candidate.ts';
import type { Log } from './log.ts';

export interface RelayWorld {
  /** Null: the network has no relay. */
  readonly turn: TurnAccess | null;
  readonly clock: Clock;
  readonly random: Random;
  /** A socket that this machine alone can reach. */
  openLoopback(): Promise<Datagrams>;
  readonly bases: Bases;
  receive(base: BaseId, packet: Uint8Array, from: TransportAddress): void;
  readonly log: Log;
}

/** One client's use of the relay. */
export interface ClientLane {
  /** The pair that its packets take from now on. */
  follow(pair: CandidatePair): void;
  /** It may come from these addresses now. */
  permit(candidates: readonly Candidate[]): void;
  close(): Promise<void>;
}

export interface ProviderRelay {
  /** Whether UDP gets through by itself. */
  look(udpWorks: boolean): void;
  joins(wireGuardPort: number): void;
  /** A client that may send to us through the relay. */
  client(candidates: readonly Candidate[]): ClientLane;
  close(): void;
}

/** Addresses that strangers may send from before their path stands. */
const MAX_EARLY = 64;

export function createProviderRelay(world: RelayWorld): ProviderRelay {
  const { turn, bases, log } = world;
  const known = new Set<BaseId>();
  const lanes = new Map<string, Lane>();
  /** How many clients are at an address: carriers put many behind one. */
  const permitted = new Map<string, number>();
  /** The last packet of each address whose lane is not open yet. */
  const early = new Map<string, Uint8Array>();
  let relays: Relays | null = null;
  let wireGuardPort = 0;

  function open(access: TurnAccess): void {
    relays = openRelays(
      { ...world, turn: access },
      {
        bases(now) {
          for (const base of [...known]) if (!now.some((relay) => relay.base === base)) forget(base);
          for (const relay of now) if (!known.has(relay.base)) learn(relay);
        },
        stun: world.receive,
        data: (_base, packet, from) => deliver(addressKey(from), packet),
        failed: ({ code }) => log.warn({ code }, 'no relay'),
      },
    );
    for (const address of permitted.keys()) relays.permit(address);
  }

  /**
   * WireGuard's first packet follows right behind the check that nominates, over a stream even in one piece with it:
   * lost while the lane is being opened it would be missed for 1.5 s.
   */
  function deliver(from: string, packet: Uint8Array): void {
    const lane = lanes.get(from);
    if (lane) lane.deliver(packet);
    else {
      early.delete(from);
      early.set(from, packet.slice());
      const [oldest] = early.keys();
      if (early.size > MAX_EARLY && oldest !== undefined) early.delete(oldest);
    }
  }

  function learn(relay: RelayBase): void {
    known.add(relay.base);
    bases.add(relay.base, { send: (packet, to) => relays?.send(relay.base, packet, to) }, relayCandidates(relay));
    log.info({ transport: relay.transport }, 'reachable through a relay');
  }

  function forget(base: BaseId): void {
    known.delete(base);
    bases.remove(base);
  }

  function shut(): void {
    relays?.stop();
    relays = null;
    for (const base of [...known]) forget(base);
  }

  function permit(address: string): void {
    permitted.set(address, (permitted.get(address) ?? 0) + 1);
    relays?.permit(address);
  }

  function revoke(address: string): void {
    const left = (permitted.get(address) ?? 1) - 1;
    if (left > 0) permitted.set(address, left);
    else if (permitted.delete(address)) relays?.forget(address);
  }

  function client(candidates: readonly Candidate[]): ClientLane {
    const addresses = new Set<string>();
    const keys = new Set<string>();
    let lane: Promise<Lane> | null = null;
    let closed = false;
    const admit = (now: readonly Candidate[]) => {
      const wanted = new Set(now.map(({ address }) => address));
      for (const address of wanted) if (!addresses.has(address)) permit(address);
      for (const address of addresses) if (!wanted.has(address)) revoke(address);
      addresses.clear();
      for (const address of wanted) addresses.add(address);
    };
    admit(candidates);

    async function lead({ local, remote }: CandidatePair): Promise<void> {
      const to = { address: remote.address, port: remote.port };
      const opening = lane ?? world.openLoopback().then(createLane);
      lane = opening;
      const own = await opening;
      if (closed) return;
      own.joins(wireGuardPort);
      own.lead((packet) => bases.send(local.base, packet, to));
      if (!known.has(local.base)) return;
      keys.add(addressKey(to));
      lanes.set(addressKey(to), own);
      relays?.bind(local.base, to);
      const waited = early.get(addressKey(to));
      if (waited) own.deliver(waited);
      early.delete(addressKey(to));
    }

    return {
      follow(pair) {
        if (!lane && !known.has(pair.local.base)) return;
        lead(pair).catch((error: unknown) => log.warn({ reason: String(error) }, 'no lane to the relay'));
      },
      permit: admit,
      async close() {
        closed = true;
        for (const address of addresses) revoke(address);
        for (const key of keys) lanes.delete(key);
        await (await lane?.catch(() => null))?.close();
      },
    };
  }

  return {
    look(udpWorks) {
      if (udpWorks) shut();
      else if (turn && !relays) open(turn);
    },
    joins(port) {
      wireGuardPort = port;
    },
    client,
    close: shut,
  };
}
