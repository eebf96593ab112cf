/**
 * The answer to Firefox's `proxy.onRequest`. Measured traps (each is a test): a listener that throws,
 * returns undefined, a string, [] or an unknown type sends the request DIRECT; so everything is
 * wrapped, and the answer is always a SOCKS proxy of ours, the dead one, or an explicit null.
 *
 * Under it lies a dead manual proxy in `proxy.settings`; over that floor only null means direct.
 */
import type { Exit } from '../../shared/wire/native.ts';
import type { ExitPlan } from './exits.ts';
import { decide } from './match.ts';
import { DEAD_PORT } from './pac.ts';
import type { RouteTable } from './rules.ts';

export interface SocksProxy {
  readonly type: 'socks';
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly proxyDNS: true;
  /** Requests with different keys never share a connection: a changed tunnel gets fresh ones. */
  readonly connectionIsolationKey: string;
}
export type FirefoxAnswer = SocksProxy[] | null;

export const DEAD_SOCKS: SocksProxy = {
  type: 'socks',
  host: '127.0.0.1',
  port: DEAD_PORT,
  proxyDNS: true,
  connectionIsolationKey: 'dead',
};

/** What `proxy.settings` holds while protection is on. */
export const FIREFOX_FLOOR = {
  proxyType: 'manual',
  socks: `127.0.0.1:${DEAD_PORT}`,
  socksVersion: 5,
  proxyDNS: true,
  passthrough: '',
} as const;

export interface FirefoxRoutes {
  readonly table: RouteTable;
  /** Of that very table: made once per change, since this runs on every request. */
  readonly plan: ExitPlan;
  readonly exits: readonly Pick<Exit, 'exitId' | 'proxy'>[];
}

/** @param routes null while they are still being read: nothing may pass. */
export function answerRequest(routes: FirefoxRoutes | null, url: string): FirefoxAnswer {
  try {
    if (routes === null) return [DEAD_SOCKS];
    const { action } = decide(routes.table, new URL(url).hostname);
    if (action.kind === 'direct') return null;
    const exitId = routes.plan.exitOf(action);
    const proxy = routes.exits.find((exit) => exit.exitId === exitId)?.proxy;
    if (exitId === null || !proxy) return [DEAD_SOCKS];
    return [
      {
        type: 'socks',
        host: proxy.host,
        port: proxy.port,
        username: proxy.username,
        password: proxy.password,
        proxyDNS: true,
        connectionIsolationKey: `${exitId}:${proxy.port}:${proxy.username}`,
      },
      DEAD_SOCKS,
    ];
  } catch {
    return [DEAD_SOCKS];
  }
}
