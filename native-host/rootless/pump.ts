/**
 * Joins one tunnel of the namespace to our ports outside, packet by packet. WireGuard listens on the
 * namespace's loopback; each address of the outside stands before it as a leg, a socket that was made in
 * the namespace and handed out to us.
 */
import { isIPv4 } from 'node:net';
import { WarrenError } from '../../shared/base/errors.ts';
import { canonicalIp } from '../../shared/base/ip.ts';
import type { TransportAddress } from '../../shared/effects.ts';
import type { SpliceRoute } from '../../shared/wire/netd.ts';
import type { Leg } from './leg.ts';
import { type Held, keyOf, Legs, MAX_LEGS } from './legs.ts';
import type { Line, Switchboard } from './switchboard.ts';

/** Ready before they are needed, so that a peer's first packet from a new address is not lost. */
const IDLE_LEGS = 4;
const LOOPBACK = '127.0.0.1';

export class Pump implements Line {
  readonly wireGuardPort: number;
  readonly #switchboard: Switchboard;
  readonly #openLeg: (wireGuardPort: number) => Promise<Leg>;
  readonly #legs = new Legs<Leg>();
  readonly #disconnect: () => void;
  #accept: ReadonlySet<number> = new Set();
  #routes: ReadonlyMap<string, number> = new Map();
  #send = 0;
  #filling: Promise<void> | null = null;
  #closed = false;

  constructor(wireGuardPort: number, switchboard: Switchboard, openLeg: (wireGuardPort: number) => Promise<Leg>) {
    this.wireGuardPort = wireGuardPort;
    this.#switchboard = switchboard;
    this.#openLeg = openLeg;
    this.#disconnect = switchboard.connect(this);
  }

  /** Opens the legs that wait. @throws WarrenError when the namespace is gone. */
  open(): Promise<void> {
    return this.#fill();
  }

  accepts(port: number): boolean {
    return this.#accept.has(port);
  }

  /** As netd's verb of this name. */
  splice(accept: readonly number[], send: number, routes: readonly SpliceRoute[]): void {
    this.#accept = new Set(accept);
    this.#send = send;
    this.#routes = new Map(routes.map(({ remote, from }) => [keyOf(canonical(remote)), from]));
  }

  /** What WireGuard has to be told, so that it sends to this address of the outside. */
  async endpointOf(remote: TransportAddress): Promise<TransportAddress> {
    const held = this.#legs.of(canonical(remote)) ?? (await this.#fill().then(() => this.#legs.of(canonical(remote))));
    if (!held) throw new WarrenError('internal', 'There is no way left to the namespace.', 'Connect again.');
    this.#legs.pin(held);
    void this.#fill().catch(() => {});
    return { address: LOOPBACK, port: held.leg.port };
  }

  /** The address of the outside that WireGuard means. */
  remoteOf(endpoint: TransportAddress): TransportAddress | null {
    const leg = this.#legs.all().find(({ port }) => port === endpoint.port);
    return leg ? (this.#legs.holder(leg)?.remote ?? null) : null;
  }

  receive(packet: Uint8Array, from: TransportAddress): void {
    const held = this.#legs.of(from);
    held?.leg.send(packet);
    if (this.#legs.idle < IDLE_LEGS) void this.#fill().catch(() => {});
  }

  close(): void {
    this.#closed = true;
    this.#disconnect();
    for (const leg of this.#legs.all()) leg.close();
  }

  #fromWireGuard(held: Held<Leg>, packet: Uint8Array): void {
    this.#legs.sent(held);
    const { remote } = held;
    if (remote.address === LOOPBACK)
      this.#switchboard.hand(remote.port, packet, { address: LOOPBACK, port: this.wireGuardPort });
    else this.#switchboard.send(this.#routes.get(keyOf(remote)) ?? this.#send, packet, remote);
  }

  #fill(): Promise<void> {
    this.#filling ??= this.#openMore().finally(() => {
      this.#filling = null;
    });
    return this.#filling;
  }

  async #openMore(): Promise<void> {
    while (!this.#closed && this.#legs.idle < IDLE_LEGS && this.#legs.size < MAX_LEGS) {
      const leg = await this.#openLeg(this.wireGuardPort);
      if (this.#closed) return leg.close();
      leg.onPacket((packet) => {
        const held = this.#legs.holder(leg);
        if (held) this.#fromWireGuard(held, packet);
      });
      this.#legs.add(leg);
    }
  }
}

/** As the kernel spells it when a packet comes from there. */
function canonical({ address, port }: TransportAddress): TransportAddress {
  return { address: isIPv4(address) ? address : (canonicalIp(address) ?? address), port };
}
