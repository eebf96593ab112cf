/**
 * One bound UDP socket as a base: what the world sees of it is asked and kept fresh, and what arrives
 * there is handed on. The checks of a path, or of a provider's many clients, run above it.
 */
import type { Clock, Datagrams, TransportAddress } from '../../effects.ts';
import type { Candidate } from '../../wire/candidate.ts';
import { type Driven, drive } from '../drive.ts';
import type { GatheringInput, Nat, Random } from './api.ts';
import type { Base } from './bases.ts';
import { Gathering } from './gathering.ts';

export interface PortOptions {
  readonly socket: Datagrams;
  readonly clock: Clock;
  readonly random: Random;
  readonly servers: readonly TransportAddress[];
  /** The machine's own addresses with this port, asked anew at every look. */
  readonly hosts: (port: number) => readonly TransportAddress[];
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
  const { socket, clock, hosts, random, servers } = options;
  const { port } = socket.local;
  const machine = new Gathering({ servers, hosts: hosts(port), random });
  const gathering: Driven<GatheringInput> = drive(machine, clock, (output) => {
    if (output.type === 'send') socket.send(output.packet, output.to);
    if (output.type === 'gathered') options.onGathered(output.candidates, output.nat);
  });
  const forget = socket.onPacket((packet, from) => {
    gathering.feed({ type: 'packet', packet, from });
    options.onPacket(packet, from);
  });
  return {
    number: port,
    send: (packet, to) => socket.send(packet, to),
    start: () => gathering.feed({ type: 'start' }),
    network: () => gathering.feed({ type: 'network', hosts: hosts(port) }),
    async close() {
      forget();
      gathering.stop();
      await socket.close();
    },
  };
}
