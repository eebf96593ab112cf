/**
 * What one session loop needs from the world: the seams of shared/effects.ts and the few factories
 * beside them. `openWorld` gives the real ones; a test gives twins. Heavy libraries (viem, the relays'
 * WebSockets) load here, after the host has said welcome.
 */
import { randomBytes } from 'node:crypto';
import type { Address } from '../shared/base/units.ts';
import type {
  Clock,
  Datagrams,
  Directory,
  HandshakeCrypto,
  LedgerReader,
  RouterLine,
  Signal,
  TransportAddress,
  TurnAccess,
  Unsubscribe,
} from '../shared/effects.ts';

import { DEFAULT_INTERVAL, type Interval } from '../shared/machine/traversal/interval.ts';
import { createClock } from '../shared/node/clock.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';
import type { BackEnd, TunnelChoice } from './back-end.ts';

export interface World {
  readonly profile: NetworkProfile;
  readonly clock: Clock;
  /** Pause between two changes of port. */
  readonly rotateEvery: Interval;
  readonly rendezvous: {
    readonly directory: Directory;
    readonly signal: Signal;
    onStatus(handler: (status: ReturnType<Directory['status']>) => void): () => void;
    check(): void;
    renew(): void;
    close(): Promise<void>;
  };
  /** Addresses, links or routes of this machine changed. */
  onNetwork(handler: () => void): Unsubscribe;
  readonly ledger: LedgerReader & { close(): void };
  /** Where tunnels are made, and their insides: netd's, or a namespace's of our own. */
  readonly connectNetd: BackEnd['connectNetd'];
  readonly openProxy: BackEnd['openProxy'];
  readonly connectControl: BackEnd['connectControl'];
  readonly openDatagrams: BackEnd['openDatagrams'];
  /** A socket inside a tunnel: bound to this machine's address there. @throws where the back end has no such address here. */
  openInside(address: string): Promise<Datagrams>;
  /** A socket that this machine alone can reach. */
  readonly openLoopback: BackEnd['openLoopback'];
  /** Null: the network has no relay. */
  readonly turn: TurnAccess | null;
  /** A line to the home router, which may open a port; null where there is none to ask. */
  readonly openRouterLine: (() => Promise<RouterLine | null>) | null;
  /** The machine's own addresses, each with this port. */
  hostAddresses(port: number): readonly TransportAddress[];
  /** The profile's STUN servers as addresses; the names go to the system's resolver. */
  stunServers(): Promise<readonly TransportAddress[]>;
  /** What the shipped tables say of a public address. Loads 36 MB the first time. */
  locate(address: string): Promise<{ readonly country: string | null; readonly residential: boolean } | null>;
  readonly crypto: HandshakeCrypto;
  random(length: number): Uint8Array;
  sign(digest: Uint8Array, privateKey: Uint8Array): Uint8Array;
  /** Null when it is nobody's signature. */
  recover(digest: Uint8Array, signature: Uint8Array): Address | null;
  addressOf(privateKey: Uint8Array): Address;
  generateWireGuardKeyPair(): { readonly privateKey: string; readonly publicKey: string };
}

export async function openWorld(
  profile: NetworkProfile,
  netdSocket: string,
  rotateEvery: Interval = DEFAULT_INTERVAL,
  tunnels: TunnelChoice = 'auto',
): Promise<World> {
  const clock = createClock();
  // The relays first: their sockets connect while the rest loads.
  const { openRendezvous } = await import('../shared/node/relays/open.ts');
  const rendezvous = openRendezvous({ relays: profile.relays, clock });
  const [reader, backEnd, datagrams, crypto, curve, names, turn, router, network] = await Promise.all([
    import('../shared/node/ledger/reader.ts'),
    import('./back-end.ts'),
    import('../shared/node/datagrams.ts'),
    import('../shared/node/crypto.ts'),
    import('../shared/node/secp256k1.ts'),
    import('../shared/node/stun-servers.ts'),
    import('../shared/node/turn/access.ts'),
    import('../shared/node/port-mapping/router.ts'),
    import('../shared/node/network-events.ts'),
  ]);
  return {
    profile,
    clock,
    rotateEvery,
    rendezvous,
    ledger: reader.createLedgerReader(profile),
    onNetwork: network.networkEvents(),
    ...backEnd.createBackEnd(netdSocket, tunnels),
    openInside: (address) => datagrams.createDatagrams({ address }),
    turn: turn.turnAccess(profile.turn),
    openRouterLine: router.openRouterLine,
    hostAddresses: datagrams.hostAddresses,
    stunServers: () => names.resolveStunServers(profile.stun),
    locate: async (address) => (await import('../shared/node/geo.ts')).lookup(address),
    crypto: crypto.nodeCrypto,
    random: (length) => Uint8Array.from(randomBytes(length)),
    sign: curve.sign,
    recover(digest, signature) {
      try {
        return curve.recoverAddress(digest, signature);
      } catch {
        return null;
      }
    },
    addressOf: curve.addressOf,
    generateWireGuardKeyPair: crypto.generateWireGuardKeyPair,
  };
}
