/** What the relay's port answers over HTTP: NIP-11, /metrics, /health, and passes for the TURN relay. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../shared/effects.ts';
import { TURN_GRANT_PATH } from '../../shared/wire/turn/grant.ts';
import type { Metrics } from '../metrics.ts';
import type { RateLimit } from '../rate-limit.ts';
import type { TurnGrants } from '../turn.ts';
import { relayInformation } from './information.ts';

export interface Pages {
  readonly metrics: Metrics;
  /** The relay takes events of admitted keys only. */
  readonly restricted: boolean;
  readonly turn: TurnGrants | null;
  /** What one source may ask for. */
  readonly requests: RateLimit;
  readonly clock: Clock;
}

type Page = readonly [status: number, type: string, body: string];

const TOO_MANY: Page = [429, 'text/plain', 'too many requests: wait a moment\n'];
const NOT_FOUND: Page = [404, 'text/plain', 'not found\n'];
const ABOUT = 'Warren helper: a Nostr relay for discovery and signalling. Connect with a WebSocket.\n';

export function answerHttp(request: IncomingMessage, response: ServerResponse, source: string, pages: Pages): void {
  const allowed = pages.requests.take(source, performance.now());
  if (!allowed) pages.metrics.count('warren_limited_total', { what: 'request' });
  const [status, type, body] = allowed ? page(request, source, pages) : TOO_MANY;
  response.writeHead(status, { 'content-type': type, 'access-control-allow-origin': '*', 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? '' : body);
}

function page({ method, url, headers }: IncomingMessage, source: string, pages: Pages): Page {
  const { metrics, restricted, turn, clock } = pages;
  if (method !== 'GET' && method !== 'HEAD') return [405, 'text/plain', 'method not allowed\n'];
  switch (url) {
    case '/metrics':
      return [200, 'text/plain; version=0.0.4', metrics.text()];
    case '/health':
      return [200, 'text/plain', 'ok\n'];
    case TURN_GRANT_PATH:
      return turn ? grant(turn, source, clock.now()) : NOT_FOUND;
    case '/':
      return headers.accept?.includes('application/nostr+json')
        ? [200, 'application/nostr+json', JSON.stringify(relayInformation(restricted))]
        : [200, 'text/plain', ABOUT];
    default:
      return NOT_FOUND;
  }
}

function grant(turn: TurnGrants, source: string, now: number): Page {
  const body = turn.mint(source, now);
  return body
    ? [200, 'application/json', JSON.stringify(body)]
    : [429, 'text/plain', 'too many passes: wait a minute\n'];
}
