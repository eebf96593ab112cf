/**
 * Who makes the tunnels: warren-netd where it is installed, else a namespace of our own. Everything that
 * differs between the two is behind this seam, so that sessions, paths and links know of neither.
 */

import { asWarrenError, WarrenError } from '../shared/base/errors.ts';
import type { Ms } from '../shared/base/units.ts';
import type { Datagrams, TunnelDevice } from '../shared/effects.ts';
import { createDatagrams } from '../shared/node/datagrams.ts';
import { connectNetd } from '../shared/node/netd-client.ts';
import { type ControlConnection, connectControl } from './control-connection.ts';
import type { LocalProxyOptions, ProxyHandle } from './local-proxy/api.ts';
import { createLocalProxy } from './local-proxy/proxy.ts';
import { Switchboard } from './rootless/switchboard.ts';

/** `auto`: netd, or a namespace where there is no netd. */
export type TunnelChoice = 'auto' | 'netd' | 'rootless';

/** The inside of the tunnels. */
export interface TunnelSide {
  readonly device: TunnelDevice;
  openProxy(options: LocalProxyOptions): Promise<ProxyHandle>;
  /** @throws WarrenError `tunnel_lost` */
  connectControl(from: string, timeout: Ms): Promise<ControlConnection>;
}

export interface BackEnd extends Omit<TunnelSide, 'device'> {
  /** @throws WarrenError `netd_unreachable`, `version_unsupported`, `wireguard_unavailable` */
  connectNetd(): Promise<TunnelDevice>;
  openDatagrams(): Promise<Datagrams>;
  openLoopback(): Promise<Datagrams>;
}

/** Where there is no netd, what WireGuard receives comes through these sockets, in bursts; what it sends to a relay always. */
const ROOM_BYTES = 4 * 1024 * 1024;

/** A namespace that could not be made is not tried again for so long. */
const RETRY_AFTER: Ms = 15_000;

export function createBackEnd(netdSocket: string, choice: TunnelChoice = 'auto'): BackEnd {
  const switchboard = new Switchboard();
  let side: TunnelSide | null = null;
  /** It is installed: while it is away it is waited for, nothing takes its place. */
  let netdSeen = choice === 'netd';
  let failure: { readonly error: WarrenError; readonly at: Ms } | null = null;

  async function netd(): Promise<TunnelSide> {
    const device = await connectNetd(netdSocket);
    netdSeen = true;
    return { device, openProxy: (options) => createLocalProxy(options), connectControl };
  }

  async function rootless(): Promise<TunnelSide> {
    if (failure && performance.now() - failure.at < RETRY_AFTER) throw failure.error;
    try {
      const { startRootless } = await import('./rootless/back-end.ts');
      return await startRootless(switchboard);
    } catch (thrown) {
      failure = { error: asWarrenError(thrown), at: performance.now() };
      throw thrown;
    }
  }

  async function choose(): Promise<TunnelSide> {
    if (choice === 'rootless') return rootless();
    try {
      return await netd();
    } catch (error) {
      if (netdSeen || !isAbsent(error)) throw error;
      return rootless();
    }
  }

  const inside = (): TunnelSide => {
    if (side) return side;
    throw new WarrenError('tunnel_lost', 'There is no tunnel yet.', 'Wait a moment, then try again.');
  };
  return {
    async connectNetd() {
      side = await choose();
      return side.device;
    },
    openDatagrams: async () => switchboard.outside(await createDatagrams({ roomBytes: ROOM_BYTES })),
    openLoopback: async () =>
      switchboard.loopback(await createDatagrams({ address: '127.0.0.1', roomBytes: ROOM_BYTES })),
    openProxy: async (options) => inside().openProxy(options),
    connectControl: async (from, timeout) => inside().connectControl(from, timeout),
  };
}

/** Not installed, or not for this user: one that is installed and does not answer is said to be so. */
function isAbsent(error: unknown): boolean {
  const cause = error instanceof WarrenError ? error.cause : null;
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  return code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR';
}
