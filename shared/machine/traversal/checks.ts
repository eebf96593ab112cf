/**
 * Finds a pair of addresses that works between us and one peer, has both sides agree on it, and
 * watches it (RFC 8445 §7–8, regular nomination; RFC 7675). STUN only; it moves no traffic, and it
 * answers nobody but the peer of its handshake.
 */
import { canonicalIp, isPrivateIp } from '../../base/ip.ts';
import type { Ms } from '../../base/units.ts';
import type { TransportAddress } from '../../effects.ts';
import { decodeStun, type ReceivedStun } from '../../wire/stun/message.ts';
import { type Deadline, earliest, type Machine, type Tick } from '../machine.ts';
import { AnswerLimit } from './answer-limit.ts';
import type { BaseId, ChecksInput, ChecksOptions, ChecksOutput, LocalCandidate } from './api.ts';
import { encodeCheckAnswer, isPeersAnswer, isPeersCheck } from './check-message.ts';
import { CheckWriter } from './check-writer.ts';
import { Checklist, isAwaited, isRelayed, type Pair, pathKind, renew } from './checklist.ts';
import { Consent } from './consent.ts';
import { nominationAt } from './nomination.ts';
import { PathMtu } from './path-mtu.ts';
import { isPreferred, NO_PATH, type Preference } from './preference.ts';
import { pauseAfter } from './retransmit.ts';
import { Transactions } from './transactions.ts';
import { UPGRADE_SEARCH, Upgrade } from './upgrade.ts';

/** Ta: between two first checks of a list (RFC 8445 §14.2 allows ≥ 5 ms). */
const PACING: Ms = 20;
const DEFAULT_TIMEOUT: Ms = 8_000;
const DEFAULT_LOST_AFTER: Ms = 15_000;
/** What the peer nominated is checked again for so long: it may be a replay from where nobody answers. */
const AWAITED_FOR: Ms = 2_000;

type Phase = 'idle' | 'checking' | 'nominated' | 'over';

export class Checks implements Machine<ChecksInput, ChecksOutput> {
  readonly #options: ChecksOptions;
  readonly #list: Checklist;
  readonly #transactions = new Transactions();
  readonly #writer: CheckWriter;
  #phase: Phase = 'idle';
  /** Looking for pairs: at first, and again after `restart` or a suspicion. */
  #searching = false;
  /** On a path in use, pairs that came later: tried beside it until then, so that both holes are open. */
  #besideUntil: Ms | null = null;
  #preferred: (Preference & { readonly until: Ms }) | null = null;
  readonly #upgrade = new Upgrade();
  readonly #mtu = new PathMtu();
  #nextFirstCheckAt: Ms = 0;
  #searchSince: Ms = 0;
  /** No pair by then: the first search fails, a later one just ends. */
  #searchUntil: Ms | null = null;
  #firstSuccessAt: Ms | null = null;
  #selected: Pair | null = null;
  /** Controlling side: the USE-CANDIDATE check has not been answered yet; when it is due again. */
  #tellPeerAt: Ms | null = null;
  #consent: Consent | null = null;
  /** The pair in use lost its base, and `suspect` was said: the next pair takes it back. */
  #uprooted = false;
  readonly #answers = new AnswerLimit();

  constructor(options: ChecksOptions) {
    this.#options = options;
    this.#list = new Checklist(options.role, options.local, options.remote);
    this.#writer = new CheckWriter(options, this.#transactions);
  }

  /** Where it stands, as docs/PROTOCOL.md draws it. */
  get state(): Phase | 'suspect' {
    return this.#phase === 'nominated' && this.#consent?.suspect ? 'suspect' : this.#phase;
  }

  handle(input: ChecksInput | Tick, now: Ms): readonly ChecksOutput[] {
    if (this.#phase === 'over' && input.type !== 'restart') return [];
    const out: ChecksOutput[] = [];
    switch (input.type) {
      case 'start':
        if (this.#phase === 'idle') this.#restart(now);
        break;
      case 'restart':
        if (this.#phase !== 'idle') this.#restart(now);
        break;
      case 'candidates':
        if (input.side === 'remote' && input.all) this.#list.setRemote(input.candidates, this.#selected);
        else if (input.side === 'remote') this.#list.addRemote(input.candidates);
        else this.#rebase(input.candidates, now, out);
        this.#tryBeside(now);
        break;
      case 'prefer':
        this.#preferred = { leave: false, ...input, until: now + this.#timeout };
        break;
      case 'doubt':
        this.#doubt(now, out);
        break;
      case 'probe':
        this.#consent?.probe(now, this.#selected?.rttMs ?? null);
        break;
      case 'offline':
        this.#consent?.hold(input.offline, now);
        if (!input.offline) this.#restart(now);
        break;
      case 'heard':
        if (this.#consent?.heard(now)) out.push({ type: 'recovered' });
        break;
      case 'packet':
        this.#receive(input, now, out);
        break;
      case 'stop':
        this.#end();
        return [];
    }
    this.#advance(now, out);
    return out;
  }

  deadline(): Deadline | null {
    if (this.#phase === 'idle' || this.#phase === 'over') return null;
    const pairs = this.#looking ? this.#list.pairs : [];
    const waiting = pairs.some((p) => p.state === 'waiting');
    const again = pairs.filter((p) => p.state === 'in-progress').map((p) => p.dueAt);
    const nomination = this.#nominationAt();
    return earliest(
      waiting ? { at: this.#nextFirstCheckAt, why: 'check the next pair' } : null,
      again.length > 0 ? { at: Math.min(...again), why: 'repeat a check' } : null,
      nomination === null ? null : { at: nomination, why: 'nominate the best pair so far' },
      this.#searchUntil === null ? null : { at: this.#searchUntil, why: 'no pair works' },
      this.#besideUntil === null ? null : { at: this.#besideUntil, why: 'no later pair works' },
      this.#tellPeerAt === null ? null : { at: this.#tellPeerAt, why: 'repeat the nomination' },
      this.#consent?.deadline() ?? null,
      this.#consent?.suspect ? null : this.#mtu.deadline(),
      this.#upgrade.deadline(),
    );
  }

  #search(now: Ms, length = this.#timeout): void {
    this.#searching = true;
    this.#searchSince = now;
    this.#nextFirstCheckAt = now;
    this.#searchUntil = now + length;
  }

  /** A relay goes on, for it is only the best so far. */
  #searchDirect(now: Ms): void {
    for (const pair of this.#list.pairs) if (!isRelayed(pair)) renew(pair);
    this.#search(now, UPGRADE_SEARCH);
  }

  get #timeout(): Ms {
    return this.#options.timeout ?? DEFAULT_TIMEOUT;
  }

  get #looking(): boolean {
    return this.#searching || this.#besideUntil !== null;
  }

  #tryBeside(now: Ms, length = this.#timeout): void {
    if (this.#phase !== 'nominated' || this.#searching) return;
    const { pairs } = this.#list;
    if (!pairs.some((pair) => pair.state === 'waiting' || isAwaited(pair))) return;
    // What was tried in vain before stays so: only what is new is worth packets now, and what the peer waits for.
    for (const pair of pairs)
      if (pair.state === 'in-progress' && !isAwaited(pair)) pair.dueAt = Number.POSITIVE_INFINITY;
    this.#besideUntil = Math.max(this.#besideUntil ?? 0, now + length);
  }

  #restart(now: Ms): void {
    for (const pair of this.#list.pairs) renew(pair);
    this.#upgrade.reset();
    this.#firstSuccessAt = null;
    if (this.#phase !== 'nominated') {
      this.#selected = null;
      this.#phase = 'checking';
    }
    this.#search(now);
  }

  #end(): void {
    this.#phase = 'over';
    this.#stopSearching();
    this.#besideUntil = null;
    this.#preferred = null;
    this.#tellPeerAt = null;
    this.#consent = null;
    this.#upgrade.reset();
    this.#transactions.clear();
  }

  #stopSearching(): void {
    this.#searching = false;
    this.#searchUntil = null;
  }

  /** The session knows better than to wait for the consent checks: the network changed, or nothing comes back. */
  #doubt(now: Ms, out: ChecksOutput[]): void {
    if (this.#phase === 'nominated' && this.#consent?.doubt(now)) out.push({ type: 'suspect' });
    this.#restart(now);
  }

  #searchEnded(now: Ms): void {
    this.#stopSearching();
    if (this.#selected && isRelayed(this.#selected)) this.#upgrade.plan(now);
  }

  /** Everything that time, or the input just handled, makes due. */
  #advance(now: Ms, out: ChecksOutput[]): void {
    if (this.#phase === 'idle' || this.#phase === 'over') return;
    if (!this.#watch(now, out)) return;
    this.#measure(now, out);
    const nomination = this.#nominationAt();
    if (nomination !== null && now >= nomination) this.#nominate(now, out);
    this.#tell(now, out);
    this.#obey(now, out);
    if (this.#besideUntil !== null && now >= this.#besideUntil) this.#besideUntil = null;
    if (this.#upgrade.due(now)) this.#searchDirect(now);
    if (this.#looking) this.#check(now, out);
    if (this.#searchUntil === null || now < this.#searchUntil) return;
    if (this.#phase === 'checking') {
      this.#end();
      out.push({ type: 'failed', error: NO_PATH });
    } else this.#searchEnded(now);
  }

  #check(now: Ms, out: ChecksOutput[]): void {
    for (const pair of this.#list.pairs) {
      const first = pair.state === 'waiting' && now >= this.#nextFirstCheckAt;
      if (!first && !(pair.state === 'in-progress' && now >= pair.dueAt)) continue;
      if (first) this.#nextFirstCheckAt = now + PACING;
      this.#checkNow(pair, now, out);
    }
  }

  #checkNow(pair: Pair, now: Ms, out: ChecksOutput[]): void {
    if (pair.state !== 'succeeded') pair.state = 'in-progress';
    pair.dueAt = now + pauseAfter(pair.tries++);
    this.#send(pair, now, out);
  }

  /**
   * On the selected pair every check of the controlling side nominates: when our address changes, the
   * first of them moves the peer along.
   */
  #send(pair: Pair, now: Ms, out: ChecksOutput[], bytes: number | null = null): void {
    const nominate = this.#options.role === 'controlling' && pair === this.#selected;
    out.push(this.#writer.write(pair, nominate, now, bytes));
  }

  /** Our own addresses changed. Without its base the pair in use is gone, and another is looked for. */
  #rebase(candidates: readonly LocalCandidate[], now: Ms, out: ChecksOutput[]): void {
    const gone = this.#list.setLocal(candidates);
    this.#transactions.forget(gone);
    if (this.#selected === null || !gone.includes(this.#selected)) return;
    this.#selected = null;
    this.#mtu.use(null, now);
    this.#tellPeerAt = null;
    if (!this.#consent?.suspect) out.push({ type: 'suspect' });
    this.#uprooted = true;
    this.#consent = null;
    this.#phase = 'checking';
    this.#restart(now);
  }

  #receive(input: Extract<ChecksInput, { type: 'packet' }>, now: Ms, out: ChecksOutput[]): void {
    const message = decodeStun(input.packet);
    const address = canonicalIp(input.from.address);
    if (!message || !address) return;
    const from = { address, port: input.from.port };
    if (message.class === 'request') this.#answer(message, from, input.base, now, out);
    else if (message.class === 'success') this.#succeed(message, from, input.base, now, out);
  }

  #answer(message: ReceivedStun, from: TransportAddress, base: BaseId, now: Ms, out: ChecksOutput[]): void {
    const { credentials, role } = this.#options;
    if (!isPeersCheck(message, credentials, role) || !this.#answers.allows(now)) return;
    out.push({ type: 'send', packet: encodeCheckAnswer(credentials, message.transactionId, from), to: from, base });
    const { priority = 1, useCandidate } = message.attributes;
    const pair = this.#list.find(base, from) ?? this.#list.learn(base, from, priority, this.#selected);
    if (!pair) return;
    if (pair === this.#selected && this.#consent?.heard(now, role === 'controlled')) out.push({ type: 'recovered' });
    if (useCandidate) {
      this.#list.nominate(pair);
      // Our own check of it may be lost.
      if (pair !== this.#selected) this.#tryBeside(now, AWAITED_FOR);
    }
    // Triggered check (RFC 8445 §7.3.1.4): the peer's hole is open right now, so no waiting for our turn.
    const active = this.#phase === 'checking' || (this.#phase === 'nominated' && pair !== this.#selected);
    if (active && pair.state !== 'succeeded' && (this.#looking || pair.nominatedByPeer)) this.#checkNow(pair, now, out);
    this.#follow(pair, now, out);
  }

  #succeed(message: ReceivedStun, from: TransportAddress, base: BaseId, now: Ms, out: ChecksOutput[]): void {
    const transaction = this.#transactions.find(message.transactionId);
    if (!transaction) return;
    const { pair, sentAt, nominate, bytes } = transaction;
    // RFC 8445 §7.2.5.2.1: an answer that comes from elsewhere than the check went to proves nothing.
    if (base !== pair.local.base || from.address !== pair.remote.address || from.port !== pair.remote.port) return;
    if (!isPeersAnswer(message, this.#options.credentials)) return;
    this.#transactions.done(message.transactionId);
    const mapped = message.attributes.xorMappedAddress;
    if (mapped) this.#list.seenAs(pair, mapped);
    pair.state = 'succeeded';
    pair.rttMs = now - sentAt;
    this.#firstSuccessAt ??= now;
    if (pair === this.#selected) {
      if (nominate) this.#tellPeerAt = null;
      if (this.#consent?.heard(now)) out.push({ type: 'recovered' });
      if (bytes !== null) this.#mtu.answered(bytes, now);
      else this.#consent?.answered(now, this.#draw());
      out.push({ type: 'rtt', rttMs: pair.rttMs });
    }
    this.#follow(pair, now, out);
  }

  /** Controlled side: select what the peer nominated once our own check of it has succeeded (§7.3.1.5). */
  #follow(pair: Pair, now: Ms, out: ChecksOutput[]): void {
    if (!pair.nominatedByPeer || pair.state !== 'succeeded' || this.#options.role !== 'controlled') return;
    if (this.#phase !== 'checking' && this.#phase !== 'nominated') return;
    pair.nominatedByPeer = false;
    if (pair !== this.#selected) this.#select(pair, now, out);
  }

  /** When the controlling side will nominate; null when there is nothing to nominate. */
  #nominationAt(): Ms | null {
    if (this.#options.role !== 'controlling' || !this.#searching || this.#firstSuccessAt === null) return null;
    return nominationAt({
      pairs: this.#list.pairs,
      inUse: this.#selected,
      doubtful: this.#uprooted || (this.#consent?.suspect ?? false),
      searchSince: this.#searchSince,
      firstSuccessAt: this.#firstSuccessAt,
    });
  }

  #nominate(now: Ms, out: ChecksOutput[]): void {
    const best = this.#list.pairs.find((p) => p.state === 'succeeded');
    if (best === this.#selected) this.#searchEnded(now);
    if (!best || best === this.#selected) return;
    best.tries = 0;
    this.#select(best, now, out);
    // The peer is told in the same moment; our own check has proved both directions already.
    this.#tellPeerAt = now;
  }

  /** The pair that the session asked for, once it works. */
  #obey(now: Ms, out: ChecksOutput[]): void {
    const wanted = this.#preferred;
    if (!wanted) return;
    const pair = this.#list.pairs.find((candidate) => isPreferred(candidate, wanted, this.#selected));
    if (!pair && now < wanted.until) return;
    this.#preferred = null;
    if (!pair || pair === this.#selected || this.#options.role !== 'controlling') return;
    pair.tries = 0;
    this.#select(pair, now, out);
    this.#tellPeerAt = now;
    this.#tell(now, out);
  }

  #tell(now: Ms, out: ChecksOutput[]): void {
    if (this.#tellPeerAt === null || now < this.#tellPeerAt || !this.#selected) return;
    this.#tellPeerAt = now + pauseAfter(++this.#selected.tries);
    this.#send(this.#selected, now, out);
  }

  #select(pair: Pair, now: Ms, out: ChecksOutput[]): void {
    const recovered = this.#uprooted || (this.#consent?.suspect ?? false);
    this.#uprooted = false;
    this.#mtu.use(isRelayed(pair) ? null : `${pair.local.address} ${pair.remote.address}`, now);
    this.#selected = pair;
    // The one before is left: a second move would overtake the peer's word on this one.
    if (this.#preferred?.leave) this.#preferred = null;
    this.#phase = 'nominated';
    // Beside a relay the search for a direct way goes on.
    this.#upgrade.reset();
    if (!isRelayed(pair)) this.#stopSearching();
    else if (!this.#searching) this.#upgrade.plan(now);
    this.#consent = new Consent(now, this.#options.lostAfter ?? DEFAULT_LOST_AFTER, this.#draw(), this.#consent);
    const chosen = { local: pair.local, remote: pair.remote };
    out.push({ type: 'nominated', pair: chosen, kind: pathKind(chosen, isPrivateIp), rttMs: pair.rttMs });
    if (recovered) out.push({ type: 'recovered' });
  }

  /** Consent on the selected pair; false when the peer is lost. */
  #watch(now: Ms, out: ChecksOutput[]): boolean {
    if (!this.#consent || !this.#selected) return true;
    const { ask, turned } = this.#consent.tick(now);
    if (turned !== null) out.push({ type: turned });
    if (turned === 'suspect') this.#restart(now);
    if (ask) this.#send(this.#selected, now, out);
    if (turned === 'lost') this.#end();
    return turned !== 'lost';
  }

  /** Silence says nothing about sizes. */
  #measure(now: Ms, out: ChecksOutput[]): void {
    const bytes = this.#consent?.suspect ? null : this.#mtu.due(now);
    if (bytes !== null && this.#selected) this.#send(this.#selected, now, out, bytes);
    if (this.#mtu.changed()) out.push({ type: 'mtu', mtu: this.#mtu.proven });
  }

  #draw(): number {
    return this.#options.random(1)[0] ?? 0;
  }
}
