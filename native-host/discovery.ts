/** The nodes there are: found through the relays, measured through the rendezvous, remembered for a while. */

import type { InferInput, InferOutput } from 'valibot';
import type { Did, Ms } from '../shared/base/units.ts';
import type { ProposalQuery } from '../shared/effects.ts';
import { choose, fits, type Measured, type Wish } from '../shared/machine/session/choose.ts';
import type { NodeQuerySchema, NodeSchema, NodesPageSchema } from '../shared/wire/native.ts';
import type { FoundProposal } from '../shared/wire/proposal.ts';
import type { World } from './world.ts';

/** A page asked again within this time comes from memory, except that expired offers are left out. */
const LIST_LIFETIME: Ms = 5_000;
const LATENCY_LIFETIME: Ms = 60_000;
const PING_LIMIT: Ms = 2_000;
const PINGS_AT_ONCE = 16;
/** How long a list or a choice waits for pings that are under way: most answer within one round trip. */
const PING_PATIENCE: Ms = 300;
/** An offer seen so lately needs no look-up before a connect; m2 repeats its terms, signed. */
const OFFER_LIFETIME: Ms = 60_000;
/** A node that is to take the place of a lost one is asked whether it is there now: one that is gone costs 5 s. */
const LATENCY_LIFETIME_AFTER_LOSS: Ms = 2_000;
/** Pings for one list; whoever looks on gets the rest with the lists after it. */
const PINGS_PER_LIST = 64;
/** A page shows so many at most. */
const LIST_LIMIT = 1_000;
/** The newest so many are choice enough for one connect; in a large country more would be megabytes. */
const CHOICE_LIMIT = 200;
/** Of the nodes that hold a deposit so many are asked for by name. */
const MOST_PREFERRED = 64;

type NodesPage = InferInput<typeof NodesPageSchema>;
type NodeQuery = InferOutput<typeof NodeQuerySchema>;

export class Discovery {
  readonly #world: World;
  readonly #nodes = new Map<Did, { readonly found: FoundProposal; readonly seenAt: Ms }>();
  readonly #pings = new Map<string, { readonly at: Ms; readonly ms: Ms | null }>();
  #listedAt: Ms = Number.NEGATIVE_INFINITY;
  readonly #running = new Map<string, Promise<void>>();
  readonly #slots = new Slots(PINGS_AT_ONCE);

  constructor(world: World) {
    this.#world = world;
  }

  /**
   * Candidates for a want, best first. `fresh`: ask the relays even for an offer seen just now. `lost`: the
   * node whose place is to be taken.
   */
  async candidates(
    want: Wish,
    preferred: readonly Did[],
    fresh: boolean,
    lost: FoundProposal | null,
  ): Promise<readonly FoundProposal[]> {
    // Its silence is known already: nobody waits for its answer.
    if (lost) this.#pings.set(lost.key, { at: this.#world.clock.now(), ms: null });
    const all = (fresh ? null : this.#remembered(want)) ?? (await this.#find(want, preferred));
    const found = all.filter((node) => fits(node, want));
    // One candidate needs no comparison.
    if (found.length > 1) {
      const lifetime = lost ? LATENCY_LIFETIME_AFTER_LOSS : LATENCY_LIFETIME;
      await this.#measure(
        nearest(found, lost).map(({ key }) => key),
        lifetime,
      );
    }
    return choose(
      found.map((node) => this.#measured(node)),
      want,
      preferred,
      lost,
    );
  }

  /** A page of nodes, nearest first; latencies fill in while the page is looked at. */
  async page(query: NodeQuery): Promise<NodesPage> {
    const now = this.#world.clock.now();
    if (now - this.#listedAt >= LIST_LIFETIME || this.#nodes.size === 0) {
      this.#accept(await this.#world.rendezvous.directory.find({ limit: LIST_LIMIT }));
      this.#listedAt = now;
    }
    const matching = [...this.#nodes.values()]
      .map(({ found }) => found)
      .filter((node) => node.expiresAtSec * 1_000 > now && matches(node, query));
    await this.#measure(this.#nextPings(matching.map(({ key }) => key)));
    const fitting = matching
      .map((node) => this.#measured(node))
      .toSorted((a, b) => (a.latencyMs ?? 1e6) - (b.latencyMs ?? 1e6));
    const page = fitting.slice(query.cursor, query.cursor + query.limit);
    const next = query.cursor + page.length;
    return {
      nodes: page.map(({ found }) => this.view(found)),
      next: next < fitting.length ? next : null,
      total: fitting.length,
    };
  }

  /** The node as the extension sees it (wei as text). */
  view(found: FoundProposal): InferInput<typeof NodeSchema> {
    const { proposal } = found;
    const { latencyMs, online } = this.#measured(found);
    return {
      did: proposal.did,
      payee: proposal.payee,
      country: proposal.country,
      ...(proposal.city ? { city: proposal.city } : {}),
      asn: proposal.asn,
      network: proposal.network,
      residential: proposal.residential,
      pricePerMB: proposal.pricePerMB.toString(),
      capacityMbps: proposal.capacityMbps,
      latencyMs: latencyMs === null ? null : Math.round(latencyMs * 10) / 10,
      online,
    };
  }

  /** Offers on another chain, in another token or past their time are nothing that we could use. */
  #accept(found: readonly FoundProposal[]): readonly FoundProposal[] {
    const { chainId, channels, token } = this.#world.profile;
    const now = this.#world.clock.now();
    const usable = found.filter(
      ({ proposal, expiresAtSec }) =>
        proposal.chainId === chainId &&
        proposal.channels === channels &&
        proposal.token === token &&
        expiresAtSec * 1_000 > now,
    );
    for (const node of usable) {
      const known = this.#nodes.get(node.proposal.did);
      if (!known || known.found.publishedAtSec <= node.publishedAtSec)
        this.#nodes.set(node.proposal.did, { found: node, seenAt: now });
    }
    for (const [did, { found: node }] of this.#nodes) if (node.expiresAtSec * 1_000 <= now) this.#nodes.delete(did);
    return usable;
  }

  #measured(found: FoundProposal): Measured {
    const ping = this.#pings.get(found.key);
    return { found, latencyMs: ping?.ms ?? null, online: !ping || ping.ms !== null };
  }

  #remembered(want: Wish): readonly FoundProposal[] | null {
    const known = want.did && this.#nodes.get(want.did);
    return known && this.#world.clock.now() - known.seenAt < OFFER_LIFETIME ? [known.found] : null;
  }

  /** Nodes that hold a deposit are asked for by name: among very many they would hardly be in the choice. */
  async #find(want: Wish, preferred: readonly Did[]): Promise<readonly FoundProposal[]> {
    const { directory } = this.#world.rendezvous;
    const query: ProposalQuery = {
      ...(want.did ? { dids: [want.did] } : {}),
      ...(want.country ? { country: want.country } : {}),
      ...(want.maxPricePerMB === undefined ? {} : { maxPricePerMB: want.maxPricePerMB }),
      limit: CHOICE_LIMIT,
    };
    const some = await directory.find(query);
    const missing = preferred.filter((did) => !some.some(({ proposal }) => proposal.did === did));
    if (want.did || missing.length === 0 || some.length < CHOICE_LIMIT) return this.#accept(some);
    const known = await directory.find({ dids: missing.slice(0, MOST_PREFERRED) });
    return this.#accept([...some, ...known]);
  }

  /** Those never measured first, then those measured longest ago. */
  #nextPings(keys: readonly string[]): readonly string[] {
    const measuredAt = (key: string) => this.#pings.get(key)?.at ?? Number.NEGATIVE_INFINITY;
    return keys.toSorted((a, b) => measuredAt(a) - measuredAt(b)).slice(0, PINGS_PER_LIST);
  }

  /** Resolves when all have answered, or after `PING_PATIENCE`; the rest is noted when it comes. */
  #measure(keys: readonly string[], lifetime = LATENCY_LIFETIME): Promise<void> {
    const now = this.#world.clock.now();
    const due = keys.filter((key) => {
      const known = this.#pings.get(key);
      return !known || now - known.at > lifetime;
    });
    if (due.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#world.clock.after(PING_PATIENCE, resolve);
      void Promise.all(due.map((key) => this.#ping(key))).then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** One ping a key at a time, and `PINGS_AT_ONCE` together. */
  #ping(key: string): Promise<void> {
    const running = this.#running.get(key);
    if (running) return running;
    const done = this.#slots.take(async () => {
      const ms = await this.#world.rendezvous.signal.ping(key, PING_LIMIT).catch(() => null);
      this.#pings.set(key, { at: this.#world.clock.now(), ms });
      this.#running.delete(key);
    });
    this.#running.set(key, done);
    return done;
  }
}

/** Those that are worth a ping: of the lost node's country first, if there are many. */
function nearest(found: readonly FoundProposal[], lost: FoundProposal | null): readonly FoundProposal[] {
  const away = ({ proposal }: FoundProposal) => Number(proposal.country !== lost?.proposal.country);
  return (lost ? found.toSorted((a, b) => away(a) - away(b)) : found).slice(0, PINGS_AT_ONCE);
}

/** At most `width` tasks at once; the others wait in line. */
class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(width: number) {
    this.#free = width;
  }

  async take(task: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

function matches({ proposal }: FoundProposal, query: NodeQuery): boolean {
  if (query.country !== undefined && proposal.country !== query.country) return false;
  if (query.residential !== undefined && proposal.residential !== query.residential) return false;
  if (!query.search) return true;
  const text = `${proposal.country} ${proposal.city ?? ''} ${proposal.network ?? ''} ${proposal.asn ?? ''} ${proposal.did}`;
  return query.search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));
}
