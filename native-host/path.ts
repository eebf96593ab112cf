/**
 * The outside of one exit: the UDP socket P, what the world sees of it (gathering), whatever else
 * packets can be sent from (bases), and the checks with one peer. Packets that are no STUN never come
 * here, the splice takes them to WireGuard.
 */
import { utf8 } from '../shared/base/bytes.ts';
import type { WarrenErrorData } from '../shared/base/errors.ts';
import type { Ms } from '../shared/base/units.ts';
import type { TransportAddress } from '../shared/effects.ts';
import { type Driven, drive } from '../shared/machine/drive.ts';
import type { Session } from '../shared/machine/handshake/api.ts';
import type {
  BaseId,
  CandidatePair,
  ChecksInput,
  ChecksOptions,
  Credentials,
  GatheringInput,
  Nat,
} from '../shared/machine/traversal/api.ts';
import { Bases, MAIN } from '../shared/machine/traversal/bases.ts';
import { type Doors, openDoors } from '../shared/machine/traversal/birthday/doors.ts';
import { Checks } from '../shared/machine/traversal/checks.ts';
import { Gathering } from '../shared/machine/traversal/gathering.ts';
import type { Candidate } from '../shared/wire/candidate.ts';
import type { World } from './world.ts';

export interface PathEvents {
  gathered(candidates: readonly Candidate[], nat: Nat): void;
  nominated(pair: CandidatePair, kind: 'direct' | 'lan' | 'relay', rttMs: Ms | null): void;
  rtt(ms: Ms): void;
  consent(state: 'good' | 'suspect' | 'lost'): void;
  failed(error: WarrenErrorData): void;
}

export interface PathHandle {
  /** The local port that the splice works on. */
  readonly port: number;
  /** What else is sent from joins here; what arrives there goes to `receive`. */
  readonly bases: Bases;
  receive(base: BaseId, packet: Uint8Array, from: TransportAddress): void;
  startChecks(session: Session): void;
  /** WireGuard received something. */
  heard(): void;
  close(): Promise<void>;
}

/** How often the machine's own addresses are looked at: no event says that Wi-Fi became LTE. */
const LOOK_EVERY: Ms = 2_000;

/** Opens the socket and starts gathering at once. */
export async function openPath(world: World, events: PathEvents): Promise<PathHandle> {
  const [socket, servers] = await Promise.all([world.openDatagrams(), world.stunServers()]);
  const bases = new Bases();
  bases.add(MAIN, socket);
  let checks: Driven<ChecksInput> | null = null;
  let doors: Doors | null = null;
  const { port } = socket.local;

  const machine = new Gathering({ servers, hosts: world.hostAddresses(port), random: world.random });
  const gathering: Driven<GatheringInput> = drive(machine, world.clock, (output) => {
    if (output.type === 'send') socket.send(output.packet, output.to);
    if (output.type !== 'gathered') return;
    bases.describe(MAIN, output.candidates);
    events.gathered(output.candidates, output.nat);
  });
  const forgetBases = bases.onChange((candidates) => checks?.feed({ type: 'candidates', side: 'local', candidates }));
  const receive = (base: BaseId, packet: Uint8Array, from: TransportAddress) =>
    checks?.feed({ type: 'packet', packet, from, base });
  const forget = socket.onPacket((packet, from) => {
    gathering.feed({ type: 'packet', packet, from });
    receive(MAIN, packet, from);
  });
  gathering.feed({ type: 'start' });

  let hosts = addresses(world, port);
  let cancelLook = () => {};
  const look = () => {
    cancelLook = world.clock.after(LOOK_EVERY, look);
    const now = addresses(world, port);
    if (now === hosts) return;
    hosts = now;
    gathering.feed({ type: 'network', hosts: world.hostAddresses(port) });
    checks?.feed({ type: 'restart' });
  };
  cancelLook = world.clock.after(LOOK_EVERY, look);

  return {
    port,
    bases,
    receive,
    startChecks(session) {
      const credentials = credentialsOf(session);
      const [local, remote] = [bases.local, session.peerCandidates];
      checks = driveChecks(world, bases, { credentials, local, remote }, events, () => doors?.found());
      checks.feed({ type: 'start' });
      doors = openDoors(world, { role: 'controlling', credentials, local, remote, bases, name: 'door-', receive });
    },
    heard: () => checks?.feed({ type: 'heard' }),
    async close() {
      forget();
      forgetBases();
      cancelLook();
      gathering.stop();
      checks?.stop();
      await Promise.all([socket.close(), doors?.close()]);
    },
  };
}

function credentialsOf({ traversal: { local, remote } }: Session): Credentials {
  return {
    localFragment: local.fragment,
    remoteFragment: remote.fragment,
    localPassword: utf8(local.password),
    remotePassword: utf8(remote.password),
  };
}

function driveChecks(
  world: World,
  bases: Bases,
  options: Pick<ChecksOptions, 'credentials' | 'local' | 'remote'>,
  events: PathEvents,
  direct: () => void,
): Driven<ChecksInput> {
  const checks = new Checks({ role: 'controlling', ...options, random: world.random });
  return drive(checks, world.clock, (output) => {
    switch (output.type) {
      case 'send':
        return bases.send(output.base, output.packet, output.to);
      case 'nominated':
        if (output.kind !== 'relay') direct();
        return events.nominated(output.pair, output.kind, output.rttMs);
      case 'rtt':
        return events.rtt(output.rttMs);
      case 'suspect':
      case 'lost':
        return events.consent(output.type);
      case 'recovered':
        return events.consent('good');
      case 'failed':
        return events.failed(output.error);
    }
  });
}

function addresses(world: World, port: number): string {
  return world
    .hostAddresses(port)
    .map(({ address }) => address)
    .sort()
    .join(' ');
}
