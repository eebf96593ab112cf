/** One client of the relay: NIP-01 frames in, answers out, within its limits. */
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { DELETION_KIND, type NostrEvent, type NostrFilter, parseEvent, parseFilter } from '../../shared/wire/nostr.ts';
import { PROPOSAL_KIND } from '../../shared/wire/proposal.ts';
import type { Metrics } from '../metrics.ts';
import { createRateLimit } from '../rate-limit.ts';
import type { Intake } from './intake.ts';
import { LIMITS } from './limits.ts';
import type { Shares } from './shares.ts';
import type { ProposalStore } from './store.ts';
import { isForSignals, type Subscriber, type Subscriptions } from './subscriptions.ts';

export interface ConnectionOptions {
  readonly socket: WebSocket;
  /** What lies below it. */
  readonly line: Pick<Socket, 'cork' | 'uncork'>;
  /** What the client counts as for limits that several connections share. */
  readonly source: string;
  readonly intake: Intake;
  readonly store: ProposalStore;
  readonly subscriptions: Subscriptions;
  readonly shares: Shares;
  readonly metrics: Metrics;
}

export function serveConnection(options: ConnectionOptions): void {
  const { socket, line, source, intake, store, subscriptions, shares, metrics } = options;
  const mine = new Map<string, Subscriber>();
  const frames = createRateLimit({ ...LIMITS.framesPerConnection, maxNames: 1 });

  function write(frame: string): void {
    if (socket.bufferedAmount > LIMITS.unsentBytes) socket.terminate();
    if (socket.readyState === socket.OPEN) socket.send(frame);
  }
  const send = (frame: readonly unknown[]) => write(JSON.stringify(frame));
  const deliver = (id: string, found: NostrEvent) => write(`["EVENT",${JSON.stringify(id)},${textOf(found)}]`);

  function close(id: string): void {
    const subscriber = mine.get(id);
    if (!subscriber) return;
    mine.delete(id);
    subscriptions.remove(subscriber);
  }

  async function event(value: unknown, bytes: number): Promise<void> {
    const parsed = parseEvent(value);
    if (!parsed) return send(['NOTICE', 'invalid: not an event']);
    const now = performance.now();
    const over = !shares.events.take(source, now)
      ? 'event'
      : parsed.kind === PROPOSAL_KIND && !shares.offers.take(source, now)
        ? 'offer'
        : null;
    if (over) {
      metrics.count('warren_limited_total', { what: over });
      return send(['OK', parsed.id, false, `rate-limited: too many ${over}s from your address`]);
    }
    const { accepted, reason } = await intake.accept(parsed, bytes);
    send(['OK', parsed.id, accepted, reason]);
  }

  function request(id: string, given: readonly unknown[]): void {
    const filters = given.map(parseFilter);
    const reason = refusal(id, filters);
    metrics.count('warren_requests_total', { outcome: reason ? 'refused' : 'accepted' });
    if (reason) {
      send(['CLOSED', id, reason]);
      return;
    }
    const good = filters as NostrFilter[];
    close(id);
    // Live first, then what is stored: an event in between comes twice rather than never.
    const subscriber: Subscriber = { id, filters: good, deliver: (found) => deliver(id, found) };
    mine.set(id, subscriber);
    subscriptions.add(subscriber);
    const nowSec = Math.floor(Date.now() / 1000);
    // Hundreds of frames, one write.
    line.cork();
    for (const filter of good.filter(asksForStored)) {
      for (const found of store.query(filter, nowSec)) {
        if (socket.bufferedAmount > LIMITS.answerBytes) break;
        deliver(id, found);
      }
    }
    send(['EOSE', id]);
    line.uncork();
  }

  function refusal(id: string, filters: readonly (NostrFilter | null)[]): string | null {
    if (filters.length === 0 || filters.length > LIMITS.filtersPerSubscription || filters.includes(null)) {
      return 'invalid: filters';
    }
    const good = filters as NostrFilter[];
    if (!mine.has(id) && mine.size >= LIMITS.subscriptionsPerConnection) return 'rate-limited: too many subscriptions';
    if (good.some((filter) => filter.kinds === undefined)) return 'unsupported: a filter must name kinds';
    if (good.some((filter) => isForSignals(filter) && !filter['#p']?.length))
      return 'restricted: signals are given to their receiver only';
    if (good.some(asksForStored) && !shares.queries.take(source, performance.now()))
      return 'rate-limited: too many queries';
    return null;
  }

  socket.on('message', (data, isBinary) => {
    if (!frames.take('', performance.now())) {
      metrics.count('warren_limited_total', { what: 'frame' });
      return send(['NOTICE', 'rate-limited: slow down']);
    }
    const text = isBinary ? '' : data.toString();
    const frame = parse(text);
    const [type, second, ...rest] = frame;
    if (type === 'EVENT') void event(second, text.length);
    else if (typeof second !== 'string' || second.length === 0 || second.length > LIMITS.subscriptionIdLength)
      send(['NOTICE', 'invalid: frame']);
    else if (type === 'REQ') request(second, rest);
    else if (type === 'CLOSE') close(second);
    else send(['NOTICE', 'unsupported: frame']);
  });
  socket.on('close', () => {
    for (const id of [...mine.keys()]) close(id);
  });
  // `close` follows.
  socket.on('error', () => {});
}

const texts = new WeakMap<NostrEvent, string>();

/** As JSON, written once however often an offer is looked up. */
function textOf(event: NostrEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = JSON.stringify(event);
  if (event.kind === PROPOSAL_KIND) texts.set(event, text);
  return text;
}

function asksForStored(filter: NostrFilter): boolean {
  return filter.kinds?.some((kind) => kind === PROPOSAL_KIND || kind === DELETION_KIND) ?? false;
}

function parse(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
