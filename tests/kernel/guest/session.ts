/** A client's netd and a provider's, joined by a tunnel: what the steps do to it, and how they look at it. */
import type { PeerState } from '../../../native-host/netd/wireguard.ts';
import type { TunnelDevice } from '../../../shared/effects.ts';
import { RESOLVER_PORT } from '../../../shared/wire/control.ts';
import {
  CLIENT_TUNNEL,
  GATEWAY,
  join,
  type Namespace,
  type Netd,
  type NetdLab,
  type Pair,
  PROVIDER4,
} from '../../net/netd-lab.ts';

export const ENDS = ['client', 'provider'] as const;
export type End = (typeof ENDS)[number];

export const ROTATIONS = 100;
/** A fresh port for each change, and one to begin with; the tries of a flow that a busy machine has marred use them anew. */
const PORTS_EACH = ROTATIONS / ENDS.length + 1;
const FIRST_PORT = { client: 40_000, provider: 41_000 } as const;
const portsOf = (end: End) => Array.from({ length: PORTS_EACH }, (_, n) => FIRST_PORT[end] + n);

export class Session {
  readonly lab: NetdLab;
  readonly netd: Readonly<Record<End, Netd>>;
  readonly #pair: Pair;
  /** Where each end sends from, once it has moved. */
  readonly #port: Record<End, number | null> = { client: null, provider: null };

  static async open(lab: NetdLab): Promise<Session> {
    await lab.up();
    const [client, provider] = await Promise.all([
      lab.netd(lab.client, 'client'),
      lab.netd(lab.provider, 'provider'),
      ...ENDS.map((end) => lab.hold(lab[end], ...portsOf(end))),
    ]);
    const pair = await join(await client.connect(), await provider.connect());
    return new Session(lab, { client, provider }, pair);
  }

  private constructor(lab: NetdLab, netd: Readonly<Record<End, Netd>>, pair: Pair) {
    this.lab = lab;
    this.netd = netd;
    this.#pair = pair;
  }

  space(end: End): Namespace {
    return this.lab[end];
  }

  device(end: End): TunnelDevice {
    return this.#pair[end];
  }

  link(end: End): string {
    return end === 'client' ? this.#pair.clientTunnel : this.#pair.providerTunnel;
  }

  /** "ok", or why not, from the tunnel's address of that family. */
  reach(host: string): Promise<string> {
    const from = host.includes(':') ? CLIENT_TUNNEL.address6 : CLIENT_TUNNEL.address4;
    return this.lab.client.reach('tcp', from, host, 80);
  }

  async gate(open: boolean): Promise<void> {
    await this.device('provider').ask({ verb: 'gate', tunnel: this.link('provider'), ...CLIENT_TUNNEL, open });
  }

  /** What an end knows of its only peer. */
  async peerOf(end: End): Promise<PeerState> {
    const [peer] = (await this.device(end).ask({ verb: 'counters', tunnel: this.link(end) })).peers;
    if (!peer) throw new Error(`the ${end} has no peer`);
    return peer;
  }

  /** To its next port; the one before it goes on to be accepted. */
  async move(end: End): Promise<void> {
    const before = this.#port[end];
    const ports = portsOf(end);
    const send = ports[before === null ? 0 : (ports.indexOf(before) + 1) % ports.length] ?? FIRST_PORT[end];
    const accept = before === null ? [send] : [before, send];
    await this.device(end).ask({ verb: 'splice', tunnel: this.link(end), accept, send });
    this.#port[end] = send;
  }

  /** To the node's port, as the host does once it knows a path. */
  async pointClient(): Promise<void> {
    await this.device('client').ask({
      verb: 'peer',
      tunnel: this.link('client'),
      publicKey: this.#pair.providerKeys.publicKey,
      endpoint: { address: PROVIDER4, port: this.#port.provider ?? 0 },
      keepaliveSeconds: 25,
    });
  }

  /** What each link and each machine counted: where a packet was lost. */
  async statistics(): Promise<string> {
    const of = async (end: End): Promise<string> =>
      `${end}: ${await this.space(end).must('ip', '-s', 'link')}\n${await this.space(end).must('cat', '/proc/net/snmp')}`;
    return (await Promise.all(ENDS.map(of))).join('\n');
  }
}

/** Where the flow goes: what a node answers to before any gate. */
export const ECHO = { address: GATEWAY.address4, port: RESOLVER_PORT } as const;
