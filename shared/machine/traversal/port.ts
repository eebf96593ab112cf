/**
 * One bound UDP socket as a base: what the world sees of it is asked and kept fresh, and what arrives
 * there is handed on. The checks of a path, or of a provider's many clients, run above it.
 */
import type { Clock, Datagrams, RouterLine, TransportAddress } from '../../effects.ts';
import { type Candidate, MAX_CANDIDATES } from '../../wire/candidate.ts';
import { type Driven, drive } from '../drive.ts';
import type { GatheringInput, Nat, Random } from './api.ts';
import type { Base } from './bases.ts';
import { Gathering } from './gathering.ts';
import { type MappedPort, openMappedPort } from './port-mapping/mapped-port.ts';

export interface PortOptions {
  readonly socket: Datagrams;
  readonly clock: Clock;
  readonly random: Random;
  readonly servers: readonly TransportAddress[];
  /** The machine's own addresses with this port, asked anew at every look. */
  readonly hosts: (port: number) => readonly TransportAddress[];
  /** The home router, which may open the port to everybody; null where it is not asked. */
  readonly openRouterLine: (() => Promise<RouterLine | null>) | null;
  readonly onPacket: (packet: Uint8Array, from: TransportAddress) => void;
  readonly onGathered: (candidates: readonly Candidate[], nat: Nat) => void;
}

export interface Port extends Base {
  readonly number: number;
  /** Ask what the world sees. */
  start(): void;
  /** The network changed: everything is asked anew. */
  network(): void;
  close(): Promise<void>;
}

export function openPort(options: PortOptions): Port {
  const { socket, clock, hosts, random, servers, openRouterLine } = options;
  const { port } = socket.local;
  let seen: { readonly candidates: readonly Candidate[]; readonly nat: Nat } | null = null;
  let mapped: readonly Candidate[] = [];
  let router: MappedPort | null = null;
  /** The router of the network before is given its port back. */
  let leaving: Promise<void> = Promise.resolve();
  let started = false;
  let closed = false;
  /** The router's first word is waited for: what is told the peer at first is all that it hears. */
  let asked = openRouterLine === null;
  const tell = (): void => {
    if (seen && asked) options.onGathered([...seen.candidates, ...mapped].slice(0, MAX_CANDIDATES), seen.nat);
  };
  const machine = new Gathering({ servers, hosts: hosts(port), random });
  const gathering: Driven<GatheringInput> = drive(machine, clock, (output) => {
    if (output.type === 'send') socket.send(output.packet, output.to);
    if (output.type !== 'gathered') return;
    seen = output;
    tell();
  });
  const forget = socket.onPacket((packet, from) => {
    gathering.feed({ type: 'packet', packet, from });
    options.onPacket(packet, from);
  });
  const askRouter = (): void => {
    if (!openRouterLine) return;
    router = openMappedPort({ clock, random, openRouterLine }, port, (candidate) => {
      mapped = candidate ? [candidate] : [];
      tell();
    });
    void router.settled.then(() => {
      asked = true;
      tell();
    });
  };
  return {
    number: port,
    send: (packet, to) => socket.send(packet, to),
    start() {
      started = true;
      gathering.feed({ type: 'start' });
      askRouter();
    },
    network() {
      // Another network has another router. The one before is left first: it may be the same.
      mapped = [];
      gathering.feed({ type: 'network', hosts: hosts(port) });
      if (router) leaving = router.close();
      router = null;
      void leaving.then(() => {
        // Several changes in a row are one: the first whose turn it is has asked.
        if (started && !closed && !router) askRouter();
      });
    },
    async close() {
      closed = true;
      forget();
      gathering.stop();
      await Promise.all([socket.close(), router?.close(), leaving]);
    },
  };
}
