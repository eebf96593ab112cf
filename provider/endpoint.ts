/**
 * The public UDP port that all clients share: its sockets (one, and while it is being changed the one
 * before), one Checks machine per client, and the routing of STUN packets between them. Anything that is
 * no STUN never comes here: the splice in the kernel hands it to WireGuard.
 */
import { canonicalIp } from '../shared/base/ip.ts';
import type { Clock, Datagrams, RouterLine, TransportAddress } from '../shared/effects.ts';
import { type Driven, drive } from '../shared/machine/drive.ts';
import type {
  BaseId,
  ChecksInput,
  ChecksOptions,
  ChecksOutput,
  LocalCandidate,
  Nat,
} from '../shared/machine/traversal/api.ts';
import { Bases } from '../shared/machine/traversal/bases.ts';
import { type Doors, openDoors } from '../shared/machine/traversal/birthday/doors.ts';
import { addressKey, publicAddresses } from '../shared/machine/traversal/candidates.ts';
import { Checks } from '../shared/machine/traversal/checks.ts';
import { EarlyChecks } from '../shared/machine/traversal/early-checks.ts';
import { DEFAULT_INTERVAL, type Interval } from '../shared/machine/traversal/interval.ts';
import { Outage, type OutageInput, type OutageOutput } from '../shared/machine/traversal/outage.ts';
import { openPorts } from '../shared/machine/traversal/ports.ts';
import { GRACE } from '../shared/machine/traversal/rotation.ts';
import { createStunRouter } from '../shared/machine/traversal/router.ts';
import { createRandom } from '../shared/node/random.ts';
import { type Candidate, MAX_CANDIDATES } from '../shared/wire/candidate.ts';

export interface EndpointOptions {
  readonly datagrams: Datagrams;
  /** One more socket: for the next port, or for a client that is met by birthday probing only. */
  readonly openDatagrams: () => Promise<Datagrams>;
  readonly openRouterLine: (() => Promise<RouterLine | null>) | null;
  readonly clock: Clock;
  readonly servers: readonly TransportAddress[];
  /** The machine's own addresses with this port, asked anew at every look. */
  readonly hosts: (port: number) => readonly TransportAddress[];
  /** After the first gathering, and whenever what the world sees of us changes. */
  readonly onGathered: (endpoint: Endpoint) => void;
  /** Pause between two changes of port. */
  readonly interval?: Interval;
}

export interface Endpoint {
  /** The newest port, which new clients are told. */
  readonly port: number;
  /** All that packets are taken at. */
  readonly ports: readonly number[];
  portOf(base: BaseId): number | null;
  /** After each change of `ports`; `port` may have changed as well. */
  onPorts: (() => Promise<void>) | null;
  readonly candidates: readonly Candidate[];
  readonly nat: Nat | null;
  /** How often the port has been changed, and when last. */
  readonly rotation: { readonly count: number; readonly lastAt: number | null };
  /** What else packets can be sent from joins here; what arrives there goes to `receive`. */
  readonly bases: Bases;
  receive(base: BaseId, packet: Uint8Array, from: TransportAddress): void;
  /** Under which addresses the world sees us. */
  readonly publicAddresses: readonly string[];
  /**
   * Checks with one client; `stop()` of the result also forgets its packets. `announce` gets what the
   * client has to know whenever it changes.
   */
  check(
    options: Omit<ChecksOptions, 'random' | 'local' | 'role'>,
    act: (output: ChecksOutput) => void,
    announce: (candidates: readonly Candidate[]) => void,
  ): Driven<ChecksInput>;
  /** Change the port from now on. */
  startRotation(): void;
  /** A client is not heard any more: perhaps the world sees us elsewhere, so the STUN servers are asked. */
  doubt(): void;
  /** Interfaces may have changed: look again. */
  look(): void;
  close(): Promise<void>;
}

const keyOf = ({ address, port }: TransportAddress): string =>
  addressKey({ address: canonicalIp(address) ?? address, port });

type Receiver = (packet: Uint8Array, from: TransportAddress, base: BaseId) => void;
const NETWORK_LOOK_MS = 5_000;

export function openEndpoint(options: EndpointOptions): Endpoint {
  const { clock, servers, openDatagrams, openRouterLine, hosts } = options;
  const random = createRandom();
  const router = createStunRouter<Receiver>();
  const early = new EarlyChecks();
  const bases = new Bases();
  /** What each client's packets leave from; null while it has no path. */
  const inUse = new Map<Receiver, BaseId | null>();
  const doorsOfAll = new Set<Doors>();
  /** Birthday sockets that a client has just left: it sends there until it is told that we are ready elsewhere. */
  const leftDoors = new Set<number>();
  const rotation: { count: number; lastAt: number | null } = { count: 0, lastAt: null };
  let nat: Nat | null = null;
  const interfaces = () => JSON.stringify(hosts(1));
  let known = interfaces();
  let cancelLook = () => {};

  const ports = openPorts(
    {
      clock,
      random,
      servers,
      hosts,
      open: openDatagrams,
      openRouterLine,
      first: options.datagrams,
      bases,
      interval: options.interval ?? DEFAULT_INTERVAL,
      shared: true,
    },
    {
      packet(base, packet, from) {
        if (isServer(from)) outage.feed({ type: 'heard' });
        receive(base, packet, from);
      },
      gathered(base, _candidates, found) {
        // A new port's first gathering makes it the newest; what it says then is no news to the world.
        if (base !== ports.newest) return;
        nat = found;
        options.onGathered(endpoint);
      },
      accept: async () => endpoint.onPorts?.(),
      move: () => {},
      rotated() {
        rotation.count++;
        rotation.lastAt = clock.now();
        void endpoint.onPorts?.();
        retell();
      },
    },
  );

  const serverKeys = new Set(servers.map(keyOf));
  const isServer = (from: TransportAddress): boolean => serverKeys.has(keyOf(from));
  const outage = drive<OutageInput, OutageOutput>(new Outage(), clock, ({ type }) => {
    if (type === 'ask') ports.network();
  });

  const doorPort = (base: BaseId) => [...doorsOfAll].map((doors) => doors.portOf(base)).find((port) => port !== null);
  const portOf = (base: BaseId) => ports.numberOf(base) ?? doorPort(base) ?? null;

  /**
   * Old ports are for those who are on them, and birthday sockets for the client that they were opened for. A client
   * whom the next change overtakes still comes to a port that is old by then.
   * @param used what the client is on; before it has a path, the port that it was told of
   */
  function visible(used: BaseId, doors: string): readonly LocalCandidate[] {
    const own = bases.local.filter(({ base }) => !isDoor(base) || base.startsWith(doors));
    return own.map((local) => (local.base === used || isCurrent(local.base) ? local : leaving(local)));
  }

  const isDoor = (base: BaseId) => base.includes('-door-');
  const isCurrent = (base: BaseId) => base === ports.newest || ports.numberOf(base) === null;
  const leaving = (local: LocalCandidate): LocalCandidate => ({ ...local, left: true });

  function told(): readonly Candidate[] {
    const local = bases.local.filter(({ base }) => !isDoor(base) && isCurrent(base));
    return local.map(({ base: _, ...candidate }) => candidate).slice(0, MAX_CANDIDATES);
  }

  function receive(base: BaseId, packet: Uint8Array, from: TransportAddress): void {
    const owner = router.route(packet, clock.now());
    if (owner) owner(packet, from, base);
    else early.keep({ packet, from, base }, clock.now());
  }

  const tellers = new Set<(now: readonly Candidate[], text: string) => void>();
  const retell = () => {
    const now = told();
    const text = JSON.stringify(now);
    for (const tell of tellers) tell(now, text);
  };

  /** No portable way tells us of a new address: compare now and then. */
  function look(): void {
    cancelLook();
    const now = interfaces();
    if (now !== known) {
      known = now;
      ports.network();
    }
    cancelLook = clock.after(NETWORK_LOOK_MS, look);
  }

  const countUsed = () => ports.used(new Set([...inUse.values()].filter((base) => base !== null)));

  const endpoint: Endpoint = {
    get port() {
      return ports.numberOf(ports.newest) ?? 0;
    },
    get ports() {
      const own = [...inUse.values()].flatMap((base) => (base === null ? [] : (portOf(base) ?? [])));
      return [...new Set([...ports.numbers, ...own, ...leftDoors])];
    },
    portOf,
    onPorts: null,
    get candidates() {
      return told();
    },
    get nat() {
      return nat;
    },
    rotation,
    get publicAddresses() {
      return publicAddresses(told());
    },
    bases,
    receive,
    check(checks, act, announce) {
      const role = 'controlled';
      const { credentials, remote } = checks;
      const name = `${credentials.localFragment}-door-`;
      const from = ports.newest;
      const machine = new Checks({ ...checks, role, local: visible(from, name), random });
      const driven = drive<ChecksInput, ChecksOutput>(machine, clock, (output) => {
        if (output.type === 'send') {
          router.sent(own, output.packet, clock.now());
          bases.send(output.base, output.packet, output.to);
          return;
        }
        if (output.type === 'nominated') {
          if (output.kind !== 'relay') doors.found();
          moved(output.pair.local.base);
        }
        act(output);
      });
      const own: Receiver = (packet, from, base) => driven.feed({ type: 'packet', packet, from, base });
      let said = JSON.stringify(told());
      const tell = (now: readonly Candidate[], text: string) => {
        const local = visible(inUse.get(own) ?? from, name);
        driven.feed({ type: 'candidates', side: 'local', candidates: local });
        if (text === said || now.length === 0) return;
        said = text;
        announce(now);
      };
      const moved = (base: BaseId) => {
        const before = inUse.get(own) ?? null;
        if (before === base) return;
        const door = before === null ? undefined : doorPort(before);
        if (door !== undefined) {
          leftDoors.add(door);
          clock.after(GRACE, () => leftDoors.delete(door));
        }
        inUse.set(own, base);
        if (ports.numberOf(base) === null) void endpoint.onPorts?.();
        const now = told();
        tell(now, JSON.stringify(now));
        countUsed();
      };
      inUse.set(own, null);
      tellers.add(tell);
      router.add(own, checks.credentials.localFragment);
      const doors = openDoors(
        { clock, random, openDatagrams },
        { role, credentials, local: told(), remote, bases, name, from, receive },
      );
      doorsOfAll.add(doors);
      return {
        feed(input) {
          driven.feed(input);
          if (input.type !== 'start') return;
          const kept = early.take(checks.credentials.localFragment, clock.now());
          for (const { packet, from, base } of kept) own(packet, from, base);
        },
        stop() {
          doorsOfAll.delete(doors);
          void doors.close();
          tellers.delete(tell);
          inUse.delete(own);
          router.remove(own);
          driven.stop();
          countUsed();
        },
      };
    },
    startRotation: ports.start,
    doubt: () => outage.feed({ type: 'silent' }),
    look,
    async close() {
      outage.stop();
      cancelLook();
      await ports.close();
    },
  };

  let described = '';
  bases.onChange((local) => {
    // Said again as they were they are no news, and there may be a thousand to tell.
    const text = JSON.stringify(local);
    if (text === described) return;
    described = text;
    retell();
  });
  cancelLook = clock.after(NETWORK_LOOK_MS, look);
  ports.gather();
  return endpoint;
}
