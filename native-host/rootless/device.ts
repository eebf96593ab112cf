/**
 * netd's seam over a namespace: verbs go to the process inside; where a verb speaks of ports and addresses
 * of the outside, it is answered here, where they are.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { WarrenError } from '../../shared/base/errors.ts';
import type { TunnelDevice, Unsubscribe } from '../../shared/effects.ts';
import { mtuTowards } from '../../shared/node/path-mtu.ts';
import { BASE_MTU, NETD_RESULTS, type NetdResult, type Verb, type VerbName } from '../../shared/wire/netd.ts';
import { openLeg } from './leg.ts';
import { Pump } from './pump.ts';
import type { Switchboard } from './switchboard.ts';
import type { Namespace } from './unshare.ts';

export class RootlessDevice implements TunnelDevice {
  readonly #namespace: Namespace;
  readonly #switchboard: Switchboard;
  readonly #pumps = new Map<string, Pump>();

  constructor(namespace: Namespace, switchboard: Switchboard) {
    this.#namespace = namespace;
    this.#switchboard = switchboard;
    namespace.onLost(() => this.#closePumps());
  }

  /** @throws WarrenError as netd would, `netd_unreachable` when the namespace is gone. */
  async ask<V extends VerbName>(body: Extract<Verb, { verb: V }>): Promise<NetdResult<V>> {
    return (await this.#do(body)) as NetdResult<V>;
  }

  onLost(handler: () => void): Unsubscribe {
    return this.#namespace.onLost(handler);
  }

  close(): Promise<void> {
    this.#closePumps();
    return this.#namespace.close();
  }

  async #do(body: Extract<Verb, { verb: 'counters' }>): Promise<NetdResult<'counters'>>;
  async #do(body: Verb): Promise<NetdResult<VerbName>>;
  async #do(body: Verb): Promise<NetdResult<VerbName>> {
    switch (body.verb) {
      case 'hello':
        return { ...(await this.#inside(body)), rootless: true };
      case 'create':
        return this.#create(body);
      case 'splice':
        this.#pump(body.tunnel).splice(body.accept, body.send, body.routes ?? []);
        return {};
      case 'peer': {
        const { endpoint } = body;
        if (!endpoint) return this.#inside(body);
        return this.#inside({ ...body, endpoint: await this.#pump(body.tunnel).endpointOf(endpoint) });
      }
      case 'counters': {
        const { peers } = await this.#inside(body);
        const pump = this.#pump(body.tunnel);
        return { peers: peers.map((peer) => ({ ...peer, endpoint: peer.endpoint && pump.remoteOf(peer.endpoint) })) };
      }
      case 'mtu':
        return this.#mtu(body);
      case 'destroy':
        this.#pumps.get(body.tunnel)?.close();
        this.#pumps.delete(body.tunnel);
        return this.#inside(body);
      case 'rebind':
        throw new WarrenError('netd_refused', 'This tunnel has no port outside.', 'Report this: it needs none.');
      default:
        return this.#inside(body);
    }
  }

  async #create(body: Extract<Verb, { verb: 'create' }>): Promise<NetdResult<'create'>> {
    const created = await this.#inside(body);
    const pump = new Pump(created.listenPort, this.#switchboard, (port) => openLeg(this.#namespace, port));
    this.#pumps.set(created.tunnel, pump);
    await pump.open();
    return created;
  }

  /** Inside, every way leads over loopback, which carries anything. */
  async #mtu(body: Extract<Verb, { verb: 'mtu' }>): Promise<NetdResult<'mtu'>> {
    const { peers } = await this.#do({ verb: 'counters', tunnel: body.tunnel });
    const remote = peers.find(({ publicKey }) => publicKey === body.publicKey)?.endpoint;
    const carried = remote ? await mtuTowards((to) => ip(['-json', 'route', 'get', to]), remote.address) : BASE_MTU;
    return this.#inside({ ...body, mtu: Math.min(body.mtu, carried) });
  }

  async #inside<V extends VerbName>(verb: Extract<Verb, { verb: V }>): Promise<NetdResult<V>> {
    const { result } = await this.#namespace.ask({ what: 'verb', verb });
    return v.parse(NETD_RESULTS[verb.verb as V], result) as NetdResult<V>;
  }

  #pump(tunnel: string): Pump {
    const pump = this.#pumps.get(tunnel);
    if (!pump) throw new WarrenError('netd_refused', 'There is no such tunnel.', 'Create it first.');
    return pump;
  }

  #closePumps(): void {
    for (const pump of this.#pumps.values()) pump.close();
    this.#pumps.clear();
  }
}

async function ip(args: readonly string[]): Promise<string> {
  const path = '/usr/sbin:/usr/bin:/sbin:/bin';
  return (await promisify(execFile)('ip', [...args], { env: { PATH: path, LC_ALL: 'C' }, timeout: 5_000 })).stdout;
}
