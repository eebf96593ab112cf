/**
 * One tunnel: its link, table, routes and peers. The order of its steps is what keeps it closed at
 * every moment; a step that fails takes the whole tunnel down again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WarrenError } from '../../shared/base/errors.ts';
import { canonicalIp } from '../../shared/base/ip.ts';
import { mtuTowards } from '../../shared/node/path-mtu.ts';
import { BASE_MTU, GATEWAY4, GATEWAY6, type Verb } from '../../shared/wire/netd.ts';
import { egressRules } from './egress.ts';
import { gateRules } from './gate.ts';
import type { Machine } from './machine.ts';
import { refuse } from './refusal.ts';
import type { LinkAddresses } from './routes.ts';
import { shape } from './shaper.ts';
import { NO_SPLICE, type Splice, spliceOf, spliceRules, unspliceRules } from './splice.ts';
import { clientTable, providerTable } from './table.ts';
import type { PeerState } from './wireguard.ts';

type Body<V extends Verb['verb']> = Extract<Verb, { verb: V }>;

const MAX_PEERS = 4096;
/** A client's tunnel has one peer: the ports of a rotation, of a probing and of its relays, and some room. */
const MAX_CLIENT_SPLICE = 16;
const LISTEN_LIMIT_MS = 3_000;
const LISTEN_POLL_MS = 2;

interface PeerAddresses {
  readonly address4: string;
  readonly address6: string;
}

export class Tunnel {
  readonly name: string;
  readonly role: 'client' | 'provider';
  readonly #machine: Machine;
  readonly #at: LinkAddresses;
  /** Public key → the addresses that are this peer's (providers only). */
  readonly #peers = new Map<string, PeerAddresses | null>();
  /** Both addresses of each peer; of the IPv4 one also which IPv6 one belongs to it. */
  readonly #taken = new Map<string, string | null>();
  #listenPort = 0;
  #egress: Body<'egress'> | null = null;
  #splice: Splice = NO_SPLICE;
  /** A node's clients come one by one, and each waits for them. */
  #programs: readonly (() => void)[] = [];

  constructor(machine: Machine, name: string, table: number, body: Body<'create'>) {
    this.#machine = machine;
    this.name = name;
    this.role = body.role;
    const address4 = canonical(body.address4);
    const address6 = canonical(body.address6);
    if ((body.role === 'provider') !== (address4 === GATEWAY4 && address6 === GATEWAY6))
      throw refuse('The gateway addresses belong to providers, and providers to them.');
    this.#at = { link: name, table, address4, address6, mtu: body.mtu };
  }

  get table(): number {
    return this.#at.table;
  }

  get address4(): string {
    return this.#at.address4;
  }

  get address6(): string {
    return this.#at.address6;
  }

  get listenPort(): number {
    return this.#listenPort;
  }

  async create(privateKey: string): Promise<void> {
    const { nft, routes, wireguard } = this.#machine;
    if (this.role === 'provider') this.#programs = [...nft.ready, ...routes.ready].map((program) => program.hold());
    try {
      // Side by side, since the link has no address yet; both are awaited before anything may fail.
      const [closed, added] = await Promise.allSettled([this.#close(), wireguard.add(this.name)]);
      for (const result of [closed, added]) if (result.status === 'rejected') throw result.reason;
      await wireguard.configure(this.name, { privateKey, listenPort: 0 });
      await routes.up(this.#at, this.role);
      this.#listenPort = await this.#openPort();
    } catch (error) {
      await this.destroy();
      throw error;
    }
  }

  /** What keeps the tunnel closed stands before the tunnel does. */
  async #close(): Promise<void> {
    const { nft, routes, belt } = this.#machine;
    const { link, address4, address6 } = this.#at;
    if (this.role === 'client') {
      await nft.apply(belt.fasten(this.#at) + clientTable(link));
      await routes.closeClient(this.#at);
    } else {
      await nft.apply(providerTable(link, address4, address6));
      await routes.openProvider(this.#at);
    }
  }

  /** Never throws: it takes down what there is, whatever is missing already. */
  async destroy(): Promise<void> {
    const { nft, routes, wireguard, belt, forwarding, log } = this.#machine;
    const { link, table } = this.#at;
    const steps: readonly (readonly [string, () => Promise<void> | void])[] = [
      ['link', () => wireguard.remove(link)],
      ['routes', () => routes.remove(table)],
      ['belt', () => (this.role === 'client' ? nft.apply(belt.release(this.#at)) : undefined)],
      ['table', () => nft.apply(`table inet ${link}\ndelete table inet ${link}\n`)],
      ['forwarding', () => (this.#egress ? forwarding.release() : undefined)],
      ['programs', () => this.#letGo()],
    ];
    for (const [what, step] of steps) {
      try {
        await step();
      } catch (error) {
        log('warn', `tunnel ${link}: removing its ${what} failed`, error);
      }
    }
    this.#egress = null;
  }

  #letGo(): void {
    for (const letGo of this.#programs) letGo();
    this.#programs = [];
  }

  async setPeer(body: Body<'peer'>): Promise<void> {
    const known = this.#peers.get(body.publicKey);
    if (this.role === 'client') {
      if (this.#peers.size > 0 && known === undefined)
        throw refuse('A client tunnel has one peer.', 'Destroy it first.');
      await this.#configurePeer(body, known === undefined ? ['0.0.0.0/0', '::/0'] : undefined);
      this.#peers.set(body.publicKey, null);
      return;
    }
    if (known) {
      await this.#configurePeer(body, undefined);
      return;
    }
    const addresses = this.#freshAddresses(body);
    const { address4, address6 } = addresses;
    await this.#addPeer(body, addresses);
    this.#peers.set(body.publicKey, addresses);
    this.#taken.set(address4, address6).set(address6, null);
  }

  /** Route and peer side by side: neither leads anywhere without the other. Whole, or not at all. */
  async #addPeer(body: Body<'peer'>, { address4, address6 }: PeerAddresses): Promise<void> {
    const { routes, wireguard } = this.#machine;
    const added = await Promise.allSettled([
      routes.addPeer(this.#at, address4, address6, BASE_MTU),
      this.#configurePeer(body, [`${address4}/32`, `${address6}/128`]),
    ]);
    const failed = added.find((result) => result.status === 'rejected');
    if (!failed) return;
    await Promise.allSettled([
      routes.removePeer(this.#at, address4, address6),
      wireguard.removePeer(this.name, body.publicKey),
    ]);
    throw failed.reason;
  }

  async removePeer(publicKey: string): Promise<void> {
    const addresses = this.#peers.get(publicKey);
    if (addresses === undefined) throw refuse('This tunnel has no such peer.');
    await this.#machine.wireguard.removePeer(this.name, publicKey);
    this.#peers.delete(publicKey);
    if (!addresses) return;
    const { address4, address6 } = addresses;
    this.#taken.delete(address4);
    this.#taken.delete(address6);
    await this.#machine.nft.apply(gateRules(this.name, address4, address6, false));
    await this.#machine.routes.removePeer(this.#at, address4, address6);
  }

  async mtu({ publicKey, mtu, towards }: Body<'mtu'>): Promise<void> {
    const addresses = this.#peers.get(publicKey);
    if (addresses === undefined) throw refuse('This tunnel has no such peer.');
    const whole = mtu > BASE_MTU ? Math.min(mtu, await this.#mtuTowards(publicKey, towards)) : mtu;
    if (addresses === null) return this.#machine.routes.setMtu(this.name, whole);
    await this.#machine.routes.addPeer(this.#at, addresses.address4, addresses.address6, whole);
  }

  async splice({ accept, send, routes = [] }: Body<'splice'>): Promise<void> {
    if (accept.length === 0) return this.#unsplice();
    const wanted = spliceOf(accept, send, routes, this.role === 'client' ? MAX_CLIENT_SPLICE : Infinity);
    if (accept.includes(this.#listenPort) || wanted.froms.has(this.#listenPort))
      throw refuse("WireGuard's own port can not be spliced to itself.");
    const rules = spliceRules(this.name, this.#listenPort, wanted, this.#splice);
    if (rules !== '') await this.#machine.nft.apply(rules);
    this.#splice = wanted;
  }

  async #unsplice(): Promise<void> {
    await this.#machine.nft.apply(unspliceRules(this.name));
    this.#splice = NO_SPLICE;
  }

  async rebind(port: number): Promise<void> {
    await this.#machine.wireguard.setListenPort(this.name, port);
    this.#listenPort = port;
    await this.#unsplice();
  }

  counters(): Promise<readonly PeerState[]> {
    return this.#machine.wireguard.peers(this.name);
  }

  async egress(body: Body<'egress'>): Promise<void> {
    this.#providersOnly();
    await this.#machine.nft.apply(egressRules(this.name, body, this.#egress));
    if (body.totalKbps !== undefined) await shape(this.#machine.programs.tc, this.name, body.totalKbps);
    if (!this.#egress) this.#machine.forwarding.hold();
    this.#egress = body;
  }

  async gate(body: Body<'gate'>): Promise<void> {
    this.#providersOnly();
    const address4 = canonical(body.address4);
    const address6 = canonical(body.address6);
    if (this.#taken.get(address4) !== address6) throw refuse('These addresses belong to no peer of this tunnel.');
    await this.#machine.nft.apply(gateRules(this.name, address4, address6, body.open));
  }

  /** WireGuard tells of all its peers or of none: of a thousand only where the caller does not know better. */
  async #mtuTowards(publicKey: string, towards: string | undefined): Promise<number> {
    const endpoint = async () => (await this.counters()).find((one) => one.publicKey === publicKey)?.endpoint?.address;
    const address = towards ?? (await endpoint());
    const { routes } = this.#machine;
    return address === undefined ? BASE_MTU : mtuTowards((to) => routes.towards(to), canonical(address));
  }

  #providersOnly(): void {
    if (this.role !== 'provider') throw refuse('Only a provider tunnel has an egress.');
  }

  #freshAddresses(body: Body<'peer'>): PeerAddresses {
    if (this.#peers.size >= MAX_PEERS) throw refuse('This tunnel has as many peers as it can hold.');
    if (body.address4 === undefined || body.address6 === undefined)
      throw refuse("A provider's peer needs its two tunnel addresses.");
    const address4 = canonical(body.address4);
    const address6 = canonical(body.address6);
    for (const address of [address4, address6])
      if (address === GATEWAY4 || address === GATEWAY6 || this.#taken.has(address))
        throw refuse('A tunnel address is taken.', 'Choose another one.');
    return { address4, address6 };
  }

  #configurePeer(body: Body<'peer'>, allowedIps: readonly string[] | undefined): Promise<void> {
    const { publicKey, presharedKey, endpoint, keepaliveSeconds } = body;
    return this.#machine.wireguard.setPeer(this.name, {
      publicKey,
      presharedKey,
      endpoint,
      keepaliveSeconds,
      allowedIps,
    });
  }

  /** wireguard-go opens its port a moment after the link is up. */
  async #openPort(): Promise<number> {
    const deadline = Date.now() + LISTEN_LIMIT_MS;
    for (;;) {
      const port = await this.#machine.wireguard.listenPort(this.name);
      if (port > 0) return port;
      if (Date.now() > deadline)
        throw new WarrenError('wireguard_unavailable', 'WireGuard opened no UDP port.', 'Try again.');
      await sleep(LISTEN_POLL_MS);
    }
  }
}

/** One spelling per address, so that the same address is never taken twice. */
function canonical(address: string): string {
  const text = canonicalIp(address);
  if (text === null) throw refuse('An address can not be read.');
  return text;
}
