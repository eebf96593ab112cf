/**
 * The answer to Firefox's `proxy.onRequest`. Measured traps (each is a test): a listener that throws,
 * returns undefined, a string, [] or an unknown type sends the request DIRECT; so everything is
 * wrapped, and the answer is always a SOCKS proxy of ours, the dead one, or an explicit null.
 *
 * Under it lies a dead manual proxy in `proxy.settings`; over that floor only null means direct.
 */
import type { Exit } from '../../shared/wire/native.ts';
import { SELF_TEST_HOST } from '../../shared/wire/self-test.ts';
import type { ExitPlan } from './exits.ts';
import type { RouteRequest } from './match.ts';
import type { Matcher } from './matcher.ts';
import { DEAD_PORT } from './pac.ts';
import { decidePassed, type Pass } from './passes.ts';

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
  /** Both of one table, made once per change: this runs on every request. */
  readonly matcher: Matcher;
  readonly plan: ExitPlan;
  readonly exits: readonly Pick<Exit, 'exitId' | 'proxy'>[];
  readonly passes?: readonly Pass[];
}

/** What `proxy.onRequest` says of a request, as far as routing looks at it. */
export interface FirefoxRequest {
  readonly url: string;
  readonly type?: string;
  /** The document that asks for it; of a frame, its own. */
  readonly documentUrl?: string;
  /** From the nearest frame out to the page. */
  readonly frameAncestors?: readonly { readonly url: string }[];
  readonly incognito?: boolean;
  readonly cookieStoreId?: string;
  /** -1 where no tab asks. */
  readonly tabId?: number;
}

/** @throws TypeError when the address cannot be read. */
export function routeRequest(request: FirefoxRequest): RouteRequest {
  const page = request.frameAncestors?.at(-1)?.url ?? request.documentUrl;
  const site = request.type === 'main_frame' || page === undefined ? null : webHost(page);
  return {
    host: new URL(request.url).hostname,
    url: request.url,
    ...(site === null ? {} : { site }),
    ...(request.incognito === undefined ? {} : { private: request.incognito }),
    ...(request.cookieStoreId === undefined ? {} : { container: request.cookieStoreId }),
  };
}

/** Pages of the browser itself are nobody's site. */
function webHost(url: string): string | null {
  const { protocol, hostname } = new URL(url);
  return /^(https?|wss?):$/.test(protocol) ? hostname : null;
}

/**
 * @param routes null while they are still being read: nothing may pass.
 * @param now epoch ms, by which passes end.
 */
export function answerRequest(
  routes: FirefoxRoutes | null,
  request: FirefoxRequest,
  now: number = Date.now(),
): FirefoxAnswer {
  try {
    if (routes === null) return [DEAD_SOCKS];
    const exitId = exitFor(routes, request, now);
    if (exitId === 'direct') return null;
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

function exitFor({ matcher, plan, passes = [] }: FirefoxRoutes, request: FirefoxRequest, now: number): string | null {
  const route = routeRequest(request);
  if (route.host === SELF_TEST_HOST) return plan.defaultExitId;
  const ofTab = passes.filter(({ tab }) => tab === request.tabId);
  const { action } = decidePassed(matcher, ofTab, route, now);
  return action.kind === 'direct' ? 'direct' : plan.exitOf(action);
}

/** What webRequest says carried a request (`proxyInfo`). */
export interface Carrier {
  readonly type: string;
  readonly host: string;
  readonly port: number;
}

/**
 * Firefox asks every extension in turn, and the last one that says something wins: null from another
 * one sends our request DIRECT (measured), a proxy of its own takes it. Whether a request goes the way
 * that was answered. What we let go directly is not ours to judge, nor this machine itself, for which
 * Firefox heeds no answer.
 */
export function carriedAsAnswered(answer: FirefoxAnswer, carrier: Carrier | null | undefined, url: string): boolean {
  if (answer === null || LOOPBACK.test(new URL(url).hostname)) return true;
  return answer.some(({ host, port }) => carrier?.type === 'socks' && carrier.host === host && carrier.port === port);
}

const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;
