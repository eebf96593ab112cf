/**
 * Tunnels without netd: a network namespace of our own holds WireGuard and the local proxies; the ports
 * that the world sees stay outside, and a pump joins them. All that is wanted of an ordinary user is leave
 * to make user namespaces.
 */
import { createServer, Socket } from 'node:net';
import * as v from 'valibot';
import { WarrenError } from '../../shared/base/errors.ts';
import { CONTROL_PORT } from '../../shared/wire/control.ts';
import { ProxyOpenedSchema } from '../../shared/wire/namespace.ts';
import { GATEWAY4 } from '../../shared/wire/netd.ts';
import type { TunnelSide } from '../back-end.ts';
import { overSocket } from '../control-connection.ts';
import type { LocalProxyOptions, ProxyHandle } from '../local-proxy/api.ts';
import { listen } from '../local-proxy/proxy.ts';
import { RootlessDevice } from './device.ts';
import type { Switchboard } from './switchboard.ts';
import { Namespace } from './unshare.ts';

/** @throws WarrenError `netd_unreachable` where this system allows no namespaces, `wireguard_unavailable`. */
export async function startRootless(switchboard: Switchboard): Promise<TunnelSide> {
  const namespace = await Namespace.start();
  return {
    device: new RootlessDevice(namespace, switchboard),
    openProxy: (options) => openProxy(namespace, options),
    async connectControl(from, timeout) {
      const where = { localAddress: from, address: GATEWAY4, port: CONTROL_PORT };
      const { handle } = await namespace.ask({ what: 'connect', ...where, timeoutMs: Math.round(timeout) });
      if (handle instanceof Socket) return overSocket(handle);
      throw new WarrenError('tunnel_lost', 'The connection to the node got lost on its way.', 'Connect again.');
    },
  };
}

/** The browser's connections go straight to the process in the namespace: no byte of them passes here. */
async function openProxy(namespace: Namespace, options: LocalProxyOptions): Promise<ProxyHandle> {
  const server = createServer();
  await listen(server);
  try {
    const { result } = await namespace.ask({ what: 'proxy', ...options }, server);
    const { proxy, port, username, password } = v.parse(ProxyOpenedSchema, result);
    const tell = (what: 'cut' | 'close') => namespace.ask({ what, proxy }).then(ignore, ignore);
    return { port, username, password, destroyAll: () => void tell('cut'), close: () => tell('close') };
  } finally {
    // With our copy open, the port would outlive the namespace, and answer nobody.
    server.close();
  }
}

const ignore = (): void => {};
