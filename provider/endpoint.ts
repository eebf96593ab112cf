/**
 * The one public UDP port that all clients share: one socket, one Gathering, one Checks machine per
 * client, and the routing of STUN packets between them. Anything that is no STUN never comes here: the
 * splice in the kernel hands it to WireGuard.
 */
import { randomBytes } from 'node:crypto';
import type { Clock, Datagrams, TransportAddress } from '../shared/effects.ts';
import { type Driven, drive } from '../shared/machine/drive.ts';
import type {
  BaseId,
  ChecksInput,
  ChecksOptions,
  ChecksOutput,
  GatheringOutput,
  LocalCandidate,
  Nat,
} from '../shared/machine/traversal/api.ts';
import { Bases, MAIN } from '../shared/machine/traversal/bases.ts';
import { openDoors } from '../shared/machine/traversal/birthday/doors.ts';
import { Checks } from '../shared/machine/traversal/checks.ts';
import { Gathering } from '../shared/machine/traversal/gathering.ts';
import { createStunRouter } from '../shared/machine/traversal/router.ts';
import type { Candidate } from '../shared/wire/candidate.ts';

export interface EndpointOptions {
  readonly datagrams: Datagrams;
  /** One more socket, for a client that is met by birthday probing only. */
  readonly openDatagrams: () => Promise<Datagrams>;
  readonly clock: Clock;
  readonly servers: readonly TransportAddress[];
  /** The machine's own addresses with the socket's port, asked anew at every look. */
  readonly hosts: () => readonly TransportAddress[];
  /** After the first gathering, and whenever what the world sees of us changes. */
  readonly onGathered: (endpoint: Endpoint) => void;
}

export interface Endpoint {
  readonly port: number;
  readonly candidates: readonly Candidate[];
  readonly nat: Nat | null;
  /** What else packets can be sent from joins here; what arrives there goes to `receive`. */
  readonly bases: Bases;
  receive(base: BaseId, packet: Uint8Array, from: TransportAddress): void;
  /** Under which addresses the world sees us. */
  readonly publicAddresses: readonly string[];
  /** Checks with one client; `stop()` of the result also forgets its packets. */
  check(
    options: Omit<ChecksOptions, 'random' | 'local' | 'role'>,
    act: (output: ChecksOutput) => void,
  ): Driven<ChecksInput>;
  /** Interfaces may have changed: look again. */
  look(): void;
  close(): Promise<void>;
}

type Receiver = (packet: Uint8Array, from: TransportAddress, base: BaseId) => void;
const NETWORK_LOOK_MS = 5_000;

export function openEndpoint(options: EndpointOptions): Endpoint {
  const { datagrams, clock } = options;
  const random = (length: number) => new Uint8Array(randomBytes(length));
  const router = createStunRouter<Receiver>();
  const bases = new Bases();
  bases.add(MAIN, datagrams);
  let candidates: readonly Candidate[] = [];
  let nat: Nat | null = null;
  let known = JSON.stringify(options.hosts());
  let cancelLook = () => {};

  const gathering = drive<Parameters<Gathering['handle']>[0], GatheringOutput>(
    new Gathering({ servers: options.servers, hosts: options.hosts(), random }),
    clock,
    (output) => {
      if (output.type === 'send') return send(hear, output.packet, output.to, MAIN);
      if (output.type !== 'gathered') return;
      ({ candidates, nat } = output);
      bases.describe(MAIN, candidates);
      options.onGathered(endpoint);
    },
  );
  const hear: Receiver = (packet, from) => gathering.feed({ type: 'packet', packet, from });

  function send(owner: Receiver, packet: Uint8Array, to: TransportAddress, base: BaseId): void {
    router.sent(owner, packet, clock.now());
    bases.send(base, packet, to);
  }

  function receive(base: BaseId, packet: Uint8Array, from: TransportAddress): void {
    router.route(packet, clock.now())?.(packet, from, base);
  }

  /** No portable way tells us of a new address: compare now and then. */
  function look(): void {
    cancelLook();
    const hosts = options.hosts();
    const now = JSON.stringify(hosts);
    if (now !== known) {
      known = now;
      gathering.feed({ type: 'network', hosts });
    }
    cancelLook = clock.after(NETWORK_LOOK_MS, look);
  }

  const endpoint: Endpoint = {
    port: datagrams.local.port,
    get candidates() {
      return candidates;
    },
    get nat() {
      return nat;
    },
    get publicAddresses() {
      return [...new Set(candidates.filter(({ type }) => type === 'srflx').map(({ address }) => address))];
    },
    bases,
    receive,
    check(checks, act) {
      const role = 'controlled';
      const { credentials, remote } = checks;
      const name = `${credentials.localFragment}-door-`;
      // Another client's birthday sockets are none of this one's business.
      const visible = (all: readonly LocalCandidate[]) =>
        all.filter(({ base }) => !base.includes('-door-') || base.startsWith(name));
      const machine = new Checks({ ...checks, role, local: visible(bases.local), random });
      const driven = drive<ChecksInput, ChecksOutput>(machine, clock, (output) => {
        if (output.type === 'send') return send(own, output.packet, output.to, output.base);
        if (output.type === 'nominated' && output.kind !== 'relay') doors.found();
        act(output);
      });
      const own: Receiver = (packet, from, base) => driven.feed({ type: 'packet', packet, from, base });
      router.add(own, checks.credentials.localFragment);
      const forget = bases.onChange((local) =>
        driven.feed({ type: 'candidates', side: 'local', candidates: visible(local) }),
      );
      const { openDatagrams } = options;
      const doors = openDoors(
        { clock, random, openDatagrams },
        { role, credentials, local: candidates, remote, bases, name, receive },
      );
      return {
        feed: driven.feed,
        stop() {
          forget();
          void doors.close();
          router.remove(own);
          driven.stop();
        },
      };
    },
    look,
    async close() {
      cancelLook();
      gathering.stop();
      await datagrams.close();
    },
  };

  datagrams.onPacket((packet, from) => receive(MAIN, packet, from));
  cancelLook = clock.after(NETWORK_LOOK_MS, look);
  gathering.feed({ type: 'start' });
  return endpoint;
}
