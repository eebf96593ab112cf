/** A client's tunnel of the back end under test, joined to a provider's through spliced ports at both ends. */
import { randomBytes } from 'node:crypto';
import type { TunnelDevice } from '../../shared/effects.ts';
import type { PeerCounters } from '../../shared/wire/netd.ts';
import type { BackEndBench } from './back-end-bench.ts';
import { keys } from './keys.ts';
import { CLIENT_TUNNEL, GATEWAY, type NetdLab, PROVIDER4, type Result, until } from './netd-lab.ts';

export const PROVIDER_PORTS = [40_101, 40_102] as const;

export class BackEndSession {
  readonly tunnel: string;
  readonly providerTunnel: string;
  readonly #bench: BackEndBench;
  readonly #lab: NetdLab;
  readonly #provider: TunnelDevice;
  readonly #ports: readonly number[];
  readonly #providerKey: string;
  #proxy = { port: 0, username: '', password: '' };

  private constructor(
    bench: BackEndBench,
    lab: NetdLab,
    provider: TunnelDevice,
    at: { readonly tunnel: string; readonly providerTunnel: string },
    ports: readonly number[],
    providerKey: string,
  ) {
    this.#bench = bench;
    this.#lab = lab;
    this.#provider = provider;
    this.tunnel = at.tunnel;
    this.providerTunnel = at.providerTunnel;
    this.#ports = ports;
    this.#providerKey = providerKey;
  }

  /** @param ports of the driver's sockets. @param provider a netd's connection, closed with the session. */
  static async open(
    bench: BackEndBench,
    lab: NetdLab,
    provider: TunnelDevice,
    ports: readonly number[],
  ): Promise<BackEndSession> {
    const [client, node] = [keys(), keys()];
    const presharedKey = randomBytes(32).toString('base64');
    const role = { role: 'provider', privateKey: node.privateKey, ...GATEWAY, mtu: 1280 } as const;
    const { tunnel: providerTunnel } = await provider.ask({ verb: 'create', ...role });
    const theirs = { tunnel: providerTunnel, publicKey: client.publicKey, presharedKey, ...CLIENT_TUNNEL };
    await provider.ask({ verb: 'egress', tunnel: providerTunnel, forbid: [PROVIDER4], blockedTcpPorts: [25] });
    await provider.ask({ verb: 'peer', ...theirs });
    await provider.ask({ verb: 'gate', tunnel: providerTunnel, ...CLIENT_TUNNEL, open: true });
    const own = { role: 'client', privateKey: client.privateKey, ...CLIENT_TUNNEL, mtu: 1280 } as const;
    const { tunnel } = await bench.ask<'create'>({ verb: 'create', ...own });
    const session = new BackEndSession(bench, lab, provider, { tunnel, providerTunnel }, ports, node.publicKey);
    await session.sendProviderFrom(PROVIDER_PORTS[0]);
    await session.sendFrom(ports[0] ?? 0);
    const endpoint = { address: PROVIDER4, port: PROVIDER_PORTS[0] };
    const peer = { publicKey: node.publicKey, presharedKey, endpoint, keepaliveSeconds: 25 };
    await bench.ask<'peer'>({ verb: 'peer', tunnel, ...peer });
    // WireGuard asks again after 5 s, should its first question get lost on a busy machine.
    const handshake = until('the handshake', async () => (await session.peer()).handshakeAt > 0, 15_000);
    await handshake.catch(async (error: unknown) => {
      await session.close();
      throw error;
    });
    const resolver = { address: GATEWAY.address4, port: 53 };
    const options = { localAddress4: CLIENT_TUNNEL.address4, localAddress6: CLIENT_TUNNEL.address6, resolver };
    session.#proxy = (await bench.order({ what: 'proxy', options })) as {
      port: number;
      username: string;
      password: string;
    };
    return session;
  }

  sendFrom(send: number): Promise<unknown> {
    return this.#bench.ask<'splice'>({ verb: 'splice', tunnel: this.tunnel, accept: [...this.#ports], send });
  }

  sendProviderFrom(send: number): Promise<unknown> {
    const { providerTunnel: tunnel } = this;
    return this.#provider.ask({ verb: 'splice', tunnel, accept: [...PROVIDER_PORTS], send });
  }

  /** The link's, as the host asks for it; returns what it is then. */
  async setMtu(mtu: number): Promise<number> {
    const { tunnel } = this;
    await this.#bench.ask<'mtu'>({ verb: 'mtu', tunnel, publicKey: this.#providerKey, mtu });
    return Number(/ mtu (\d+) /.exec(await this.#bench.inside('ip', '-o', 'link', 'show', tunnel))?.[1]);
  }

  /** What the client knows of the provider. */
  async peer(): Promise<PeerCounters> {
    const { peers } = await this.#bench.ask<'counters'>({ verb: 'counters', tunnel: this.tunnel });
    const peer = peers.find(({ publicKey }) => publicKey === this.#providerKey);
    if (!peer) throw new Error('the tunnel has no peer');
    return peer;
  }

  /** Where the provider last heard the client. */
  async seenAt(): Promise<PeerCounters['endpoint']> {
    const { peers } = await this.#provider.ask({ verb: 'counters', tunnel: this.providerTunnel });
    return peers[0]?.endpoint ?? null;
  }

  /** Through the local proxy, as a browser does. */
  fetch(url: string, ...options: readonly string[]): Promise<Result> {
    const { port, username, password } = this.#proxy;
    const proxy = ['--proxytunnel', '--proxy', `http://${username}:${password}@127.0.0.1:${port}`];
    return this.#lab.client.run('curl', '-sS', '--max-time', '20', ...proxy, ...options, url);
  }

  /** The back end goes on; where what held the tunnel is gone already, there is nothing to destroy. */
  async close(): Promise<void> {
    await this.#bench.ask<'destroy'>({ verb: 'destroy', tunnel: this.tunnel }).catch(() => {});
    await this.#provider.close();
  }
}
