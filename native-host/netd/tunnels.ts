/** All tunnels of this netd and who owns which: an owner is one connection, and sees only its own. */
import { networkInterfaces } from 'node:os';
import { canonicalIp } from '../../shared/base/ip.ts';
import { NETD_VERSION, type NetdResult, type Verb, type VerbName } from '../../shared/wire/netd.ts';
import { lookAtForwarding } from './forward-look.ts';
import type { Machine } from './machine.ts';
import { freshTable, freshTunnelName, TUNNEL_NAME } from './marks.ts';
import { refuse } from './refusal.ts';
import { Tunnel } from './tunnel.ts';
import { permitted, portsOf, type SpliceBody, stillOwn, udpOwners } from './udp-ports.ts';

const MAX_TUNNELS = 64;
const MAX_TUNNELS_PER_OWNER = 16;
/** The ports below it take a privilege to listen on, that callers of ours do not have. */
const FIRST_UNPRIVILEGED = 1024;

export class Tunnels {
  readonly #machine: Machine;
  readonly #all: Registry = { live: new Map(), splices: new Map(), endings: new Set() };

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** @param user whose connection it is; null: not known. */
  owner(user: Promise<number | null>): Owner {
    return new Owner(this.#machine, this.#all, user);
  }

  async destroyAll(): Promise<void> {
    await Promise.all([...this.#all.live.values()].map((tunnel) => tunnel.destroy()));
    this.#all.live.clear();
  }
}

interface Registry {
  readonly live: Map<string, Tunnel>;
  /** By tunnel: the splice that is in force. */
  readonly splices: Map<string, SpliceBody>;
  /** Closed connections whose tunnels are being taken down. */
  readonly endings: Set<Promise<void>>;
}

export class Owner {
  readonly #machine: Machine;
  readonly #all: Registry;
  readonly #user: Promise<number | null>;
  readonly #mine = new Map<string, Tunnel>();

  constructor(machine: Machine, all: Registry, user: Promise<number | null>) {
    this.#machine = machine;
    this.#all = all;
    this.#user = user;
  }

  /** @throws WarrenError for what may not be done, CommandFailed for what could not. */
  async handle(body: Verb): Promise<NetdResult<VerbName>> {
    switch (body.verb) {
      case 'hello':
        return this.#hello(body.forwarding ?? false);
      case 'create':
        return this.#create(body);
      case 'peer':
        await this.#own(body.tunnel).setPeer(body);
        return {};
      case 'unpeer':
        await this.#own(body.tunnel).removePeer(body.publicKey);
        return {};
      case 'splice':
        await this.#splice(this.#own(body.tunnel), body);
        return {};
      case 'rebind':
        await this.#rebind(this.#own(body.tunnel), body.port);
        return {};
      case 'mtu':
        await this.#own(body.tunnel).mtu(body);
        return {};
      case 'counters':
        return { peers: [...(await this.#own(body.tunnel).counters())] };
      case 'egress':
        await this.#own(body.tunnel).egress(body);
        return {};
      case 'gate':
        await this.#own(body.tunnel).gate(body);
        return {};
      case 'destroy':
        await this.#destroy(this.#own(body.tunnel));
        return {};
    }
  }

  async #hello(forwarding: boolean): Promise<NetdResult<'hello'>> {
    const { nft, splice, wireguard } = this.#machine;
    const look = forwarding ? { forwarding: await lookAtForwarding(nft) } : {};
    return { version: NETD_VERSION, backend: wireguard.kind, splice, ...look };
  }

  /** The connection is closed. @param lastWork its request that may still be under way. */
  abandon(lastWork: Promise<void>): Promise<void> {
    const ending = lastWork
      .then(async () => {
        for (const tunnel of this.#mine.values()) await this.#destroy(tunnel);
      })
      .finally(() => this.#all.endings.delete(ending));
    this.#all.endings.add(ending);
    return ending;
  }

  /**
   * Ports change hands: what was this caller's may be somebody else's now, and is let go. To be called now and
   * then, between two requests.
   */
  async look(): Promise<void> {
    const spliced = [...this.#mine.values()].filter(({ name }) => this.#all.splices.has(name));
    const user = spliced.length === 0 ? null : await this.#user;
    if (user === null) return;
    const owners = udpOwners();
    for (const tunnel of spliced) {
      const body = this.#all.splices.get(tunnel.name);
      const rest = body && stillOwn(body, user, owners);
      if (rest) await this.#join(tunnel, rest);
    }
  }

  async #splice(tunnel: Tunnel, body: SpliceBody): Promise<void> {
    if (body.accept.length === 0) return this.#join(tunnel, body);
    const user = await this.#user;
    if (user === null)
      throw refuse('This connection can not be told whose it is.', 'Run "sudo apt install perl-base".');
    await this.#join(tunnel, permitted(body, user, udpOwners(), this.#portsOfOthers(tunnel)));
  }

  async #rebind(tunnel: Tunnel, port: number): Promise<void> {
    if (port < FIRST_UNPRIVILEGED) throw refuse('This port is for programs of the system.', 'Choose another one.');
    await tunnel.rebind(port);
    this.#all.splices.delete(tunnel.name);
  }

  async #join(tunnel: Tunnel, body: SpliceBody): Promise<void> {
    const { splices } = this.#all;
    const before = splices.get(tunnel.name);
    const note = (now: SpliceBody | undefined) =>
      now && now.accept.length > 0 ? splices.set(tunnel.name, now) : splices.delete(tunnel.name);
    // Noted first: two callers may ask for one port at the same time.
    note(body);
    try {
      await tunnel.splice(body);
    } catch (error) {
      note(before);
      throw error;
    }
  }

  #portsOfOthers(own: Tunnel): ReadonlySet<number> {
    const others = [...this.#all.live.values()].filter((tunnel) => tunnel !== own);
    const portsAt = ({ name, listenPort }: Tunnel) => {
      const splice = this.#all.splices.get(name);
      return splice ? [listenPort, ...portsOf(splice)] : [listenPort];
    };
    return new Set(others.flatMap(portsAt));
  }

  async #create(body: Extract<Verb, { verb: 'create' }>): Promise<NetdResult<'create'>> {
    // Whoever reconnects at once finds the addresses of its old connection free again.
    await Promise.all(this.#all.endings);
    if (this.#mine.size >= MAX_TUNNELS_PER_OWNER || this.#all.live.size >= MAX_TUNNELS)
      throw refuse('There are as many tunnels as this machine may hold.', 'Disconnect one first.');
    const live = [...this.#all.live.values()];
    const tunnel = new Tunnel(this.#machine, freshTunnelName(), freshTable(new Set(live.map((t) => t.table))), body);
    // Two links with one address would make the policy routes ambiguous.
    if (live.some((other) => other.address4 === tunnel.address4))
      throw refuse('A tunnel on this machine has this address already.', 'Connect again: the address is random.');
    if (isElsewhere(tunnel.address4) || isElsewhere(tunnel.address6))
      throw refuse('This machine has that address already, outside of Warren.', 'Choose another node.');
    this.#all.live.set(tunnel.name, tunnel);
    try {
      await tunnel.create(body.privateKey);
    } catch (error) {
      this.#all.live.delete(tunnel.name);
      throw error;
    }
    this.#mine.set(tunnel.name, tunnel);
    return { tunnel: tunnel.name, listenPort: tunnel.listenPort, backend: this.#machine.wireguard.kind };
  }

  async #destroy(tunnel: Tunnel): Promise<void> {
    this.#mine.delete(tunnel.name);
    await tunnel.destroy();
    this.#all.splices.delete(tunnel.name);
    this.#all.live.delete(tunnel.name);
  }

  /** The same answer for a tunnel of somebody else and for one that never was. */
  #own(name: string): Tunnel {
    const tunnel = this.#mine.get(name);
    if (!tunnel) throw refuse('This connection owns no such tunnel.', 'Create it first.');
    return tunnel;
  }
}

/**
 * A client's address is its provider's choice. Were it one that this machine bears elsewhere (a carrier's
 * 100.64.0.0/10, Tailscale), the policy route would hand all that traffic to the provider.
 */
function isElsewhere(address: string): boolean {
  return Object.entries(networkInterfaces()).some(
    ([link, addresses]) => !TUNNEL_NAME.test(link) && addresses?.some((own) => canonicalIp(own.address) === address),
  );
}
