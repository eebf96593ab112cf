/**
 * The session machine: one exit from the click to the refund. It decides order, deadlines, failover
 * and retries; the session loop beside the adapters carries them out. It must not know a socket, a
 * key or a clock, and holds no secret.
 *
 *   discovering → funding → shaking → traversing → tunnelling → up ⇄ gated → closing → closed
 *        any network step ─▶ next candidate (funding) or failed ─ back-off ─▶ discovering
 *        up, gated ─ lost ─▶ discovering at once
 */
import { WarrenError, type WarrenErrorData } from '../../base/errors.ts';
import type { Address, Ms } from '../../base/units.ts';
import type { FoundProposal } from '../../wire/proposal.ts';
import type { Deadline, Machine, Tick } from '../machine.ts';
import type { FundingStep, Loss, Path, SessionInput, SessionOutput, SessionState, Trial } from './api.ts';
import { fits, sameWant, type Wish } from './choose.ts';
import { fundingOf } from './funding.ts';
import { closeUnconfirmed, isOurOwn, nodeNotFound, tooSlow } from './reasons.ts';
import {
  ACCEPT_GRACE,
  BUDGET,
  backOff,
  CHANNEL_POLL,
  CLOSE_LIMIT,
  DISCOVER_LIMIT,
  resumeBy,
  SHAKE_LIMIT,
  STABLE,
} from './timing.ts';
import { TRANSITIONS } from './transitions.ts';

type In<T extends SessionInput['type']> = Extract<SessionInput, { type: T }>;
type At<P extends SessionState['phase']> = Extract<SessionState, { phase: P }>;

export class Session implements Machine<SessionInput, SessionOutput> {
  #state: SessionState;
  #want: Wish;
  #payer: Address;
  #trials = 0;
  #loss: Loss | null = null;
  #out: SessionOutput[] = [];

  /** Starts `closed`; the first `connect` sets it going. */
  constructor(want: Wish, payer: Address, now: Ms) {
    this.#want = want;
    this.#payer = payer;
    this.#state = { phase: 'closed', since: now, refunded: null, error: null };
  }

  get state(): SessionState {
    return this.#state;
  }

  get payer(): Address {
    return this.#payer;
  }

  get want(): Wish {
    return this.#want;
  }

  /** The last node that broke off, until the user wants something else. */
  get loss(): Loss | null {
    return this.#loss;
  }

  handle(input: SessionInput | Tick, now: Ms): readonly SessionOutput[] {
    this.#out = [];
    switch (input.type) {
      case 'connect':
        this.#connect(input, now);
        break;
      case 'disconnect':
        this.#disconnect(input, now);
        break;
      case 'failure':
        this.#failure(input.error, now);
        break;
      case 'tick':
        this.#tick(now);
        break;
      case 'retry':
        if (this.#state.phase === 'failed') this.#discover(now, this.#state.round, this.#state.error);
        break;
      case 'found':
        if (this.#state.phase === 'discovering') this.#found(this.#state, input, now);
        break;
      case 'resolved':
      case 'signer':
      case 'channel':
      case 'wallet':
        if (this.#state.phase === 'funding') this.#fund(this.#state, input, now);
        break;
      case 'established':
        if (this.#state.phase === 'shaking') this.#traverse(this.#state, now);
        break;
      case 'accepted':
      case 'tunnel':
      case 'nominated':
        if (this.#state.phase === 'traversing') this.#progress(this.#state, input, now);
        break;
      case 'wireguard':
      case 'proxy':
      case 'control':
        if (this.#state.phase === 'tunnelling') this.#tunnelling(this.#state, input, now);
        break;
      case 'gate':
        this.#gate(input, now);
        break;
      case 'settled':
        if (this.#state.phase === 'closing') this.#closed(this.#state, now, input.refunded, null);
        break;
    }
    return this.#out;
  }

  deadline(): Deadline | null {
    const s = this.#state;
    switch (s.phase) {
      case 'discovering':
        return { at: s.by, why: 'no node found in time' };
      case 'funding':
        if (s.step.at === 'signer') return null;
        if (s.step.at === 'approval') return { at: s.step.readAt, why: 'look whether the channel is open' };
        return { at: s.step.by, why: 'ledger does not answer' };
      case 'shaking':
        return { at: Math.min(s.by, s.limit), why: 'handshake unanswered' };
      case 'traversing':
        return { at: s.graceUntil === null ? s.by : Math.min(s.by, s.graceUntil), why: 'no path yet' };
      case 'tunnelling':
        return { at: s.by, why: 'tunnel carries nothing yet' };
      case 'closing':
        return { at: s.by, why: 'close unconfirmed' };
      case 'failed':
        return { at: s.retryAt, why: 'try again' };
      case 'up':
      case 'gated':
      case 'closed':
        return null;
    }
  }

  #connect(input: In<'connect'>, now: Ms): void {
    const changed = !sameWant(this.#want, input.want) || this.#payer !== input.payer;
    const sameNode = this.#payer === input.payer && this.#nodeFits(input.want);
    this.#want = input.want;
    this.#payer = input.payer;
    const s = this.#state;
    if (changed) this.#loss = null;
    if (s.phase === 'closed') {
      this.#discover(now, 0, null);
      return;
    }
    if (s.phase === 'closing') {
      this.#state = { ...s, again: true };
      return;
    }
    if (!changed || sameNode) return;
    if (s.phase === 'up' || s.phase === 'gated') {
      this.#settle(s.trial, now, false, true);
      return;
    }
    this.#release();
    if (s.phase === 'discovering') {
      this.#state = { ...s, by: now + DISCOVER_LIMIT };
      this.#out.push({ type: 'discover', want: this.#want, lost: null });
      return;
    }
    this.#discover(now, 0, null);
  }

  #disconnect(input: In<'disconnect'>, now: Ms): void {
    const s = this.#state;
    this.#loss = null;
    if (s.phase === 'closed') return;
    if (s.phase === 'closing') {
      this.#state = { ...s, again: false };
      return;
    }
    if (s.phase === 'up' || s.phase === 'gated') {
      this.#settle(s.trial, now, input.closeChannel, false);
      return;
    }
    this.#release();
    this.#set({ phase: 'closed', since: now, refunded: null, error: null });
  }

  #settle(trial: Trial, now: Ms, closeChannel: boolean, again: boolean): void {
    this.#set({ phase: 'closing', since: now, trial, by: now + CLOSE_LIMIT, again });
    this.#out.push({ type: 'settle', trial, closeChannel });
  }

  #closed(s: At<'closing'>, now: Ms, refunded: bigint | null, error: WarrenErrorData | null): void {
    this.#release();
    if (s.again) this.#discover(now, 0, error);
    else this.#set({ phase: 'closed', since: now, refunded, error });
  }

  #discover(now: Ms, round: number, error: WarrenErrorData | null): void {
    this.#set({ phase: 'discovering', since: now, by: now + DISCOVER_LIMIT, round, error });
    this.#out.push({ type: 'discover', want: this.#want, lost: this.#loss?.node ?? null });
  }

  #found(s: At<'discovering'>, input: In<'found'>, now: Ms): void {
    const [node, ...rest] = input.nodes;
    if (!node) {
      this.#fail(nodeNotFound(this.#want), s.round, now);
      return;
    }
    // The first trial shares the budget with the discovery: the promise counts from the click.
    this.#try(node, rest, s, s.since + BUDGET, now);
  }

  #try(
    node: FoundProposal,
    rest: Trial['rest'],
    last: Pick<At<'discovering'>, 'round' | 'error'>,
    by: Ms,
    now: Ms,
  ): void {
    const trial: Trial = { number: ++this.#trials, node, rest };
    const step = { at: 'signer', budget: by - now, askedAt: now } as const;
    this.#set({ phase: 'funding', since: now, trial, round: last.round, error: last.error, resolved: false, step });
    this.#out.push({ type: 'prepare', trial });
  }

  #fund(s: At<'funding'>, input: In<'resolved' | 'signer' | 'channel' | 'wallet'>, now: Ms): void {
    const { step } = s;
    switch (input.type) {
      case 'resolved':
        if (step.at === 'funded') {
          this.#shake(s, step.signer, step.by, now);
          return;
        }
        this.#state = { ...s, resolved: true };
        return;
      case 'signer':
        if (step.at !== 'signer') return;
        this.#state = { ...s, step: { at: 'reading', signer: input.address, by: resumeBy(step, now) } };
        this.#out.push({ type: 'readChannel', trial: s.trial, signer: input.address });
        return;
      case 'channel':
        if (step.at === 'reading' || step.at === 'approval') this.#judge(s, step, input, now);
        return;
      case 'wallet':
        if (step.at === 'approval') this.#out.push({ type: 'readChannel', trial: s.trial, signer: step.signer });
    }
  }

  #judge(s: At<'funding'>, step: StepAt<'reading' | 'approval'>, read: In<'channel'>, now: Ms): void {
    const { signer } = step;
    const funding = fundingOf(read.channel, s.trial.node.proposal, signer, read.maxPricePerMB);
    if (funding.type === 'refused') {
      this.#failure(funding.error, now);
      return;
    }
    if (funding.type === 'need') {
      const waiting = step.at === 'approval' ? step : { budget: step.by - now, askedAt: now };
      const { budget, askedAt } = waiting;
      const next = { at: 'approval', signer, need: funding.need, budget, askedAt, readAt: now + CHANNEL_POLL } as const;
      this.#state = { ...s, step: next };
      return;
    }
    const by = step.at === 'approval' ? resumeBy(step, now) : step.by;
    if (s.resolved) {
      this.#shake(s, signer, by, now);
      return;
    }
    this.#state = { ...s, step: { at: 'funded', signer, by } };
  }

  #shake(s: At<'funding'>, signer: Address, by: Ms, now: Ms): void {
    const { trial, round } = s;
    this.#set({ phase: 'shaking', since: now, trial, round, by, limit: now + SHAKE_LIMIT });
    this.#out.push({ type: 'shake', trial, signer });
  }

  #traverse(s: At<'shaking'>, now: Ms): void {
    const { trial, round, by } = s;
    const progress = { tunnel: false, path: null, accepted: false, graceUntil: null };
    this.#set({ phase: 'traversing', since: now, trial, round, by, ...progress });
    this.#out.push({ type: 'traverse', trial });
  }

  #progress(s: At<'traversing'>, input: In<'accepted' | 'tunnel' | 'nominated'>, now: Ms): void {
    const tunnel = s.tunnel || input.type === 'tunnel';
    const accepted = s.accepted || input.type === 'accepted';
    const path = input.type === 'nominated' ? input.path : s.path;
    const graceUntil = tunnel && path ? (s.graceUntil ?? now + ACCEPT_GRACE) : null;
    const next = { ...s, tunnel, accepted, path, graceUntil };
    if (tunnel && path && accepted) this.#join(next, path, now);
    else this.#state = next;
  }

  /** WireGuard may initiate: the provider knows our key, or should by now (WireGuard repeats itself only after 5 s). */
  #join(s: At<'traversing'>, path: Path, now: Ms): void {
    const { trial, round, by } = s;
    this.#set({ phase: 'tunnelling', since: now, trial, round, by, wireguard: false, proxy: false, control: false });
    this.#out.push({ type: 'join', trial, path });
  }

  #tunnelling(s: At<'tunnelling'>, input: In<'wireguard' | 'proxy' | 'control'>, now: Ms): void {
    const { trial } = s;
    if (input.type === 'wireguard' && !s.wireguard) this.#out.push({ type: 'open', trial });
    const next = { ...s, [input.type]: true };
    if (next.wireguard && next.proxy && next.control)
      this.#set({ phase: 'up', since: now, trial, round: s.round, upAt: now });
    else this.#state = next;
  }

  #gate(input: In<'gate'>, now: Ms): void {
    const s = this.#state;
    if (s.phase === 'up' && !input.open) this.#set({ ...s, phase: 'gated', since: now, error: input.error });
    if (s.phase !== 'gated' || !input.open) return;
    const { trial, round, upAt } = s;
    this.#set({ phase: 'up', since: now, trial, round, upAt });
  }

  #failure(error: WarrenErrorData, now: Ms): void {
    const s = this.#state;
    switch (s.phase) {
      case 'discovering':
        this.#fail(error, s.round, now);
        return;
      case 'funding':
      case 'shaking':
      case 'traversing':
      case 'tunnelling': {
        // The user may have ruled some out since they were found.
        const [node, ...rest] = s.trial.rest.filter((other) => fits(other, this.#want));
        this.#release();
        if (!node) {
          this.#fail(error, s.round, now);
          return;
        }
        this.#try(node, rest, { round: s.round, error }, now + BUDGET, now);
        return;
      }
      case 'up':
      case 'gated':
        if (!isOurOwn(error)) this.#loss = { node: s.trial.node, at: now };
        this.#release();
        if (now - s.upAt < STABLE) this.#fail(error, s.round, now);
        else this.#discover(now, 0, error);
        return;
      case 'closing':
        this.#closed(s, now, null, closeUnconfirmed());
        return;
      case 'closed':
      case 'failed':
        return;
    }
  }

  #fail(error: WarrenErrorData, round: number, now: Ms): void {
    this.#set({ phase: 'failed', since: now, error, round: round + 1, retryAt: now + backOff(round) });
  }

  #tick(now: Ms): void {
    const s = this.#state;
    const due = this.deadline();
    if (!due || now < due.at) return;
    if (s.phase === 'failed') {
      this.#discover(now, s.round, s.error);
      return;
    }
    if (s.phase === 'closing') {
      this.#closed(s, now, null, closeUnconfirmed());
      return;
    }
    if (s.phase === 'funding' && s.step.at === 'approval') {
      this.#state = { ...s, step: { ...s.step, readAt: now + CHANNEL_POLL } };
      this.#out.push({ type: 'readChannel', trial: s.trial, signer: s.step.signer });
      return;
    }
    if (s.phase === 'traversing' && s.path && s.tunnel && now < s.by) {
      this.#join(s, s.path, now);
      return;
    }
    this.#failure(tooSlow(s), now);
  }

  #release(): void {
    this.#out.push({ type: 'release' });
  }

  #set(next: SessionState): void {
    const from = this.#state.phase;
    if (!TRANSITIONS[from].includes(next.phase))
      throw new WarrenError('internal', `session: ${from} → ${next.phase} is no transition`, 'Report this as a bug.');
    this.#state = next;
  }

  #nodeFits(want: Wish): boolean {
    return 'trial' in this.#state && fits(this.#state.trial.node, want);
  }
}

type StepAt<A extends FundingStep['at']> = Extract<FundingStep, { at: A }>;
