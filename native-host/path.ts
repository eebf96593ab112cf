/**
 * The outside of one exit: its UDP ports, whatever else packets can be sent from (bases), the checks with
 * one peer, and when the tunnel follows them. Packets that are no STUN never come here, the splice takes
 * them to WireGuard.
 */
import type { WarrenErrorData } from '../shared/base/errors.ts';
import { canonicalIp, isPrivateIp } from '../shared/base/ip.ts';
import type { Ms } from '../shared/base/units.ts';
import type { TransportAddress } from '../shared/effects.ts';
import { type Driven, drive } from '../shared/machine/drive.ts';
import type { Session } from '../shared/machine/handshake/api.ts';
import type {
  BaseId,
  CandidatePair,
  ChecksInput,
  ChecksOutput,
  LocalCandidate,
  Nat,
} from '../shared/machine/traversal/api.ts';
import { Bases } from '../shared/machine/traversal/bases.ts';
import { type Doors, openDoors } from '../shared/machine/traversal/birthday/doors.ts';
import { addressKey } from '../shared/machine/traversal/candidates.ts';
import { Checks } from '../shared/machine/traversal/checks.ts';
import { credentialsOf } from '../shared/machine/traversal/credentials.ts';
import { Handover } from '../shared/machine/traversal/handover.ts';
import { Moves } from '../shared/machine/traversal/moves.ts';
import { Outage, type OutageInput, type OutageOutput } from '../shared/machine/traversal/outage.ts';
import { openPorts } from '../shared/machine/traversal/ports.ts';
import type { Consent } from '../shared/machine/tunnel/tunnel.ts';
import { type Candidate, MAX_CANDIDATES } from '../shared/wire/candidate.ts';
import { watchNetwork } from './network-watch.ts';
import { type ExitRelay, openExitRelay } from './relay.ts';
import type { World } from './world.ts';

type Kind = 'direct' | 'lan' | 'relay';

export interface PathEvents {
  /** What the node is told first; then whenever gathering found something new. */
  gathered(candidates: readonly Candidate[], nat: Nat): void;
  /** WireGuard goes this way from now on. `to`: where it shall send; a relay is on loopback. */
  use(pair: CandidatePair, kind: Kind, rttMs: Ms | null, to: TransportAddress): void;
  rtt(ms: Ms): void;
  /** What the tunnel's link may carry on this way from now on. */
  mtu(bytes: number): void;
  consent(state: Consent): void;
  failed(error: WarrenErrorData): void;
  /** What the peer has to know: everything that we can be reached at now. */
  announce(candidates: readonly Candidate[]): void;
  /** These ports of ours are WireGuard's. Resolves when it takes packets at all of them. */
  accept(ports: readonly number[]): Promise<void>;
  rotated(): void;
  /** The peer may not hear us on the path, or there is none yet: it has to be told another way where we are. */
  roam(candidates: readonly Candidate[]): void;
}

export interface PathHandle {
  /** The local ports that the splice works on. */
  readonly accept: readonly number[];
  portOf(base: BaseId): number | null;
  /** What else is sent from joins here; what arrives there goes to `receive`. */
  readonly bases: Bases;
  receive(base: BaseId, packet: Uint8Array, from: TransportAddress): void;
  startChecks(session: Session): void;
  /** WireGuard's own port: the relay meets it there. */
  joins(wireGuardPort: number): void;
  /** The control connection stands: ports may change from now on. */
  connected(): void;
  /** Everything that the peer can be reached at now. */
  announced(candidates: readonly Candidate[]): void;
  /** The peer sends to this address of ours. */
  ready(remote: TransportAddress): void;
  /** WireGuard received something. */
  heard(): void;
  /** Nothing seems to come back: ask the peer. */
  probe(): void;
  close(): Promise<void>;
}

/** Once all is gathered, the relay has this long to be there too: a later one is told by itself. */
const RELAY_GRACE: Ms = 100;
/**
 * A node that is gone has to be said within 8 s, also when its good-bye was lost. After the suspicion at
 * 6.5 s other pairs have this long to work. An outage of our own does not count (outage.ts).
 */
const LOST_AFTER: Ms = 7_300;
/**
 * Until it is heard again, the peer is told where we are: messages through the rendezvous can be lost, the first ones where
 * the peer's own address changed and its connections are dead. The last pause repeats.
 */
const ROAM_PAUSES: readonly Ms[] = [300, 600, 1_000];
/** A node keeps a client that it does not hear for so long (provider/liveness.ts). */
const NODE_PATIENCE: Ms = 65_000;
const NOT_SEEN: Nat = { mapping: 'unknown', filtering: 'unknown', translated: null, portPreserved: false };

/** Opens the socket and starts gathering at once. */
export async function openPath(world: World, events: PathEvents): Promise<PathHandle> {
  const bases = new Bases();
  let checks: Driven<ChecksInput> | null = null;
  let doors: Doors | null = null;
  let inUse: CandidatePair | null = null;
  let theirs: readonly Candidate[] = [];
  let nat: Nat | null = null;
  let relay: ExitRelay | null = null;
  let patient = true;
  let cancelGrace = () => {};
  let good = true;
  /** Our own network was away, and the peer has not been heard since: its silence is no fault of its own. */
  let excused = false;
  let cancelRoam = () => {};
  let nominated: { readonly kind: Kind; readonly rttMs: Ms | null } = { kind: 'direct', rttMs: null };

  const receive = (base: BaseId, packet: Uint8Array, from: TransportAddress) =>
    checks?.feed({ type: 'packet', packet, from, base });
  const [first, servers] = await Promise.all([world.openDatagrams(), world.stunServers()]);
  const { clock, random, hostAddresses: hosts, openDatagrams: open, openRouterLine, rotateEvery: interval } = world;
  const ports = openPorts(
    { clock, random, servers, hosts, first, open, openRouterLine, bases, interval, shared: false },
    {
      packet(base, packet, from) {
        if (isServer(from)) outage.feed({ type: 'heard' });
        receive(base, packet, from);
      },
      gathered(_base, _candidates, found) {
        if (!nat) cancelGrace = clock.after(RELAY_GRACE, outOfPatience);
        nat = found;
        offer();
      },
      accept: () => events.accept(accept()),
      move: (base) => moves.feed({ type: 'want', move: { to: 'base', base } }),
      rotated(from) {
        // Nothing new is sent from there.
        bases.remove(from);
        events.rotated();
      },
    },
  );
  const offer = () => {
    const complete = nat !== null && (!relay || relay.settled || !patient);
    // Where only a stream got through, no STUN server will answer.
    if (complete || relay?.overStream) events.gathered(own(bases.local), nat ?? NOT_SEEN);
  };
  const outOfPatience = () => {
    patient = false;
    offer();
  };
  const portOf = (base: BaseId) => ports.numberOf(base) ?? doors?.portOf(base) ?? null;
  /** Of the birthday's sockets those that were in use: the peer sends to one that was left until it hears us elsewhere. */
  const met = new Set<number>();
  const accept = () => [...new Set([...ports.numbers, ...met])];
  const handover = drive(new Handover(), world.clock, ({ pair }) => {
    inUse = pair;
    const door = doors?.portOf(pair.local.base) ?? null;
    if (door !== null) met.add(door);
    void events.accept(accept());
    const { address, port } = pair.remote;
    events.use(pair, nominated.kind, nominated.rttMs, relay?.lead(pair) ?? { address, port });
    ports.used(new Set([pair.local.base]));
    moves.feed({ type: 'used' });
  });
  const moves = drive(new Moves(), clock, ({ move }) => {
    // Through a relay of our own no port of ours is in use; what the peer moves to must not wait for one.
    if (move.to === 'base' && inUse && portOf(inUse.local.base) === null) moves.feed({ type: 'used' });
    else if (move.to === 'base') checks?.feed({ type: 'prefer', base: move.base, remote: null });
    else if (isLeft()) checks?.feed({ type: 'prefer', base: inUse?.local.base ?? null, remote: null, leave: true });
    else moves.feed({ type: 'used' });
  });
  /** The peer has left the address that we send to. */
  const isLeft = () => {
    const to = inUse?.remote;
    return to !== undefined && !theirs.some(({ address, port }) => address === to.address && port === to.port);
  };
  const forgetBases = bases.onChange((candidates) => {
    checks?.feed({ type: 'candidates', side: 'local', candidates });
    // Cut off, or before a server has answered, we may know nothing of ourselves that would be worth telling.
    const inner = candidates.every(({ type, address }) => type === 'host' && isPrivateIp(address));
    if (isMute() || (inner && (!good || candidates.length === 0))) return;
    events.announce(newest());
    roam();
  });
  /** The newest first, so that they are among those that there is room for. */
  const newest = () => own([...bases.local].reverse());
  const keyOf = ({ address, port }: TransportAddress) => addressKey({ address: canonicalIp(address) ?? address, port });
  const serverKeys = new Set(servers.map(keyOf));
  const isServer = (from: TransportAddress) => serverKeys.has(keyOf(from));
  let offline = false;
  /** Cut off: unless a stream gets through where datagrams do not. */
  const isMute = () => offline && !relay?.overStream;
  const outage = drive<OutageInput, OutageOutput>(new Outage(), clock, (output) => {
    if (output.type === 'ask') return ports.network();
    offline = output.offline;
    excused = true;
    checks?.feed({ type: 'offline', offline });
    health(offline ? 'offline' : 'suspect');
    if (!offline) relay?.wake();
  });
  const health = (state: Consent) => {
    good = state === 'good';
    if (good) excused = false;
    handover.feed({ type: 'health', good });
    events.consent(state);
  };
  const roam = (times = 0) => {
    cancelRoam();
    if (isMute()) return;
    // Nothing has worked yet, and there is more of us than the handshake told: a relay that came late may be the one way.
    if (checks && !inUse) return events.roam(newest());
    if (good || !inUse) return;
    events.roam(newest());
    const pause = ROAM_PAUSES[Math.min(times, ROAM_PAUSES.length - 1)] as Ms;
    cancelRoam = clock.after(pause, () => roam(times + 1));
  };

  const act = (output: ChecksOutput) => {
    switch (output.type) {
      case 'send':
        return bases.send(output.base, output.packet, output.to);
      case 'nominated':
        if (output.kind !== 'relay') doors?.found();
        nominated = { kind: output.kind, rttMs: output.rttMs };
        return handover.feed({ type: 'nominated', pair: output.pair });
      case 'rtt':
        return events.rtt(output.rttMs);
      case 'mtu':
        return events.mtu(output.mtu);
      case 'unsure':
        // A relay in use asks by itself when nothing comes back through it.
        return inUse && portOf(inUse.local.base) === null ? undefined : relay?.wake();
      case 'suspect':
        relay?.wake();
        health(offline ? 'offline' : 'suspect');
        return outage.feed({ type: 'silent' });
      case 'lost':
        return health(excused ? 'expired' : 'lost');
      case 'recovered':
        outage.feed({ type: 'heard' });
        return health('good');
      case 'failed':
        return events.failed(output.error);
    }
  };

  relay = await openExitRelay(world, { bases, receive }, offer);
  ports.gather();

  const forgetNetwork = watchNetwork(world, ({ certain, sleptMs }) => {
    world.rendezvous.check();
    if (inUse && sleptMs > NODE_PATIENCE) return health('expired');
    excused ||= sleptMs > 0;
    if (good && inUse && !certain) return checks?.feed({ type: 'probe' });
    relay?.wake();
    // On a path that was well the doubt itself asks the servers.
    if (!good || !inUse) ports.network();
    checks?.feed({ type: 'doubt' });
  });

  return {
    get accept() {
      return accept();
    },
    portOf,
    bases,
    receive,
    startChecks(session) {
      const credentials = credentialsOf(session);
      const [local, remote] = [bases.local, session.peerCandidates];
      relay?.permit(remote);
      const who = { role: 'controlling', credentials, local, remote, random } as const;
      checks = drive(new Checks({ ...who, lostAfter: LOST_AFTER }), clock, act);
      checks.feed({ type: 'start' });
      doors = openDoors(world, { role: 'controlling', credentials, local, remote, bases, name: 'door-', receive });
    },
    joins: (wireGuardPort) => relay?.joins(wireGuardPort),
    connected() {
      handover.feed({ type: 'connected' });
      ports.start();
    },
    announced(candidates) {
      relay?.permit(candidates);
      checks?.feed({ type: 'candidates', side: 'remote', candidates, all: true });
      theirs = candidates;
      if (isLeft()) moves.feed({ type: 'want', move: { to: 'peer' } });
    },
    ready: (remote) => handover.feed({ type: 'ready', remote }),
    heard() {
      outage.feed({ type: 'heard' });
      handover.feed({ type: 'heard' });
      checks?.feed({ type: 'heard' });
    },
    probe() {
      handover.feed({ type: 'silent' });
      checks?.feed({ type: 'probe' });
    },
    async close() {
      cancelGrace();
      forgetBases();
      forgetNetwork();
      cancelRoam();
      outage.stop();
      checks?.stop();
      handover.stop();
      moves.stop();
      await Promise.all([ports.close(), doors?.close(), relay?.close()]);
    },
  };
}

/** What can be told of ourselves: no birthday socket's address is known before it is met. */
function own(local: readonly LocalCandidate[]): readonly Candidate[] {
  const told = local.filter(({ type }) => type !== 'prflx');
  return told.map(({ base: _, ...candidate }) => candidate).slice(0, MAX_CANDIDATES);
}
