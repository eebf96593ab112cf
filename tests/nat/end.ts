/** What both ends of a cell have in common: proof packets, and a clock that starts with the candidates. */
import type { Datagrams, TransportAddress } from '../../shared/effects.ts';
import type { Candidate } from '../../shared/wire/candidate.ts';
import type { Said } from './protocol.ts';

export interface End {
  check(remote: readonly Candidate[]): void;
  /** The peer says where it is now. */
  roamed?(remote: readonly Candidate[]): void;
  /** The peer sends there by now. */
  moved?(remote: TransportAddress): void;
  close(): Promise<void>;
}

/** First byte of WireGuard's transport data: nothing of STUN begins so. */
const DATA = 4;
const PING = 0;
const PONG = 1;
const PING_EVERY_MS = 20;

export const isProof = (packet: Uint8Array): boolean => packet[0] === DATA && packet.length === 2;

/** Sends a peer's packet back the way it came. */
export function echo(packet: Uint8Array, reply: (packet: Uint8Array) => void): void {
  if (packet[1] === PING) reply(Uint8Array.of(DATA, PONG));
}

type Kind = Extract<Said, { say: 'flows' }>['kind'];

/** Sends over the way used last until an answer has come back from there. */
export class Prover {
  readonly #flows: (kind: Kind) => void;
  #way: { readonly kind: Kind; readonly to: TransportAddress } | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(flows: (kind: Kind) => void) {
    this.#flows = flows;
  }

  /** @param to where WireGuard would send: the peer, or the relay's lane on loopback. */
  prove(kind: Kind, to: TransportAddress, send: (packet: Uint8Array) => void): void {
    this.stop();
    this.#way = { kind, to };
    const ping = (): void => send(Uint8Array.of(DATA, PING));
    ping();
    this.#timer = setInterval(ping, PING_EVERY_MS);
  }

  heard(packet: Uint8Array, from: TransportAddress): void {
    const way = this.#way;
    if (packet[1] !== PONG || !way || from.address !== way.to.address || from.port !== way.to.port) return;
    this.stop();
    this.#flows(way.kind);
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#way = null;
  }
}

/** Passes on everything that `datagrams` does, and proof packets to `onProof` besides. */
export function tapped(
  datagrams: Datagrams,
  onProof: (packet: Uint8Array, from: TransportAddress, via: Datagrams) => void,
): Datagrams {
  datagrams.onPacket((packet, from) => {
    if (isProof(packet)) onProof(packet, from, datagrams);
  });
  return datagrams;
}
