/**
 * One exit: drives its session machine and gives each attempt of it its resources. It decides nothing;
 * orders go from the machine to the attempt, reports from the attempt to the machine.
 */
import type { InferInput } from 'valibot';
import { asWarrenError, type WarrenErrorData } from '../shared/base/errors.ts';
import type { Address, Did, Ms } from '../shared/base/units.ts';
import { type Driven, drive } from '../shared/machine/drive.ts';
import type { Machine } from '../shared/machine/machine.ts';
import type { SessionInput, SessionOutput } from '../shared/machine/session/api.ts';
import type { Wish } from '../shared/machine/session/choose.ts';
import { Session } from '../shared/machine/session/session.ts';
import type { ExitSchema, Need, NeedSchema } from '../shared/wire/native.ts';
import type { FoundProposal } from '../shared/wire/proposal.ts';
import { Attempt } from './attempt.ts';
import type { Discovery } from './discovery.ts';
import type { OpenExit } from './exit-checks.ts';
import type { Log } from './log.ts';
import type { Shared } from './shared.ts';
import { Steps } from './steps.ts';
import type { World } from './world.ts';

/** Suite 2 of docs/protocol/handshake.md, the only one that is spoken. */
const SUITE = 'X25519 + ML-KEM-768, ChaCha20-Poly1305';

/** How long a change of node is still told once it is over. */
const NEWS_LAST: Ms = 5 * 60_000;

type ExitView = InferInput<typeof ExitSchema>;

export class Exit {
  readonly id: string;
  readonly #world: World;
  readonly #shared: Shared;
  readonly #discovery: Discovery;
  readonly #log: Log;
  readonly #changed: (urgent?: boolean) => void;
  readonly #session: Session;
  readonly #driven: Driven<SessionInput>;
  /** Nodes that held a funded channel of ours. */
  readonly #funded = new Set<Did>();
  #attempt: Attempt | null = null;
  #last: { readonly node: FoundProposal; readonly attempt: Attempt } | null = null;
  #steps: Steps;
  #search = 0;
  #releasing = 0;

  constructor(
    world: World,
    shared: Shared,
    discovery: Discovery,
    want: Wish,
    payer: Address,
    log: Log,
    changed: (urgent?: boolean) => void,
  ) {
    this.id = want.exitId;
    this.#world = world;
    this.#shared = shared;
    this.#discovery = discovery;
    this.#log = log;
    this.#changed = changed;
    this.#steps = new Steps(() => world.clock.now());
    this.#session = new Session(want, payer, world.clock.now());
    this.#driven = drive(this.#watched(this.#session), world.clock, (output) => this.#act(output));
  }

  connect(want: Wish, payer: Address): void {
    this.#feed({ type: 'connect', want, payer });
  }

  disconnect(closeChannel: boolean): void {
    this.#feed({ type: 'disconnect', closeChannel });
  }

  retry(): void {
    this.#feed({ type: 'retry' });
  }

  /** A signer key arrived. */
  offerSigner(payee: Address): void {
    const { state } = this.#session;
    if (state.phase === 'funding' && state.trial.node.proposal.payee === payee) this.#attempt?.offerSigner();
  }

  /** A transaction of the wallet went through. */
  walletMoved(): void {
    this.#feed({ type: 'wallet' });
    const { state } = this.#session;
    const signer = this.#attempt?.signer;
    if ((state.phase === 'up' || state.phase === 'gated') && this.#attempt?.topUpNeeded && signer)
      this.#attempt.readChannel(signer);
  }

  stopPaying(stopped: boolean): void {
    this.#attempt?.stopPaying(stopped);
  }

  /** Nothing runs, nothing is held. */
  get idle(): boolean {
    return this.#session.state.phase === 'closed' && this.#attempt === null && this.#releasing === 0;
  }

  get nat(): Attempt['nat'] {
    return this.#attempt?.nat ?? null;
  }

  /** Its tunnel while it carries traffic. */
  get open(): OpenExit | null {
    const { state } = this.#session;
    const inside = this.#attempt?.addresses;
    if (state.phase !== 'up' || !inside) return null;
    const { country, city } = state.trial.node.proposal;
    return { name: city ? `${city}, ${country}` : country, ...inside, lan: this.#attempt?.path?.kind === 'lan' };
  }

  /** The end of the host: no settling, everything goes. */
  async stop(): Promise<void> {
    this.#driven.stop();
    await this.#release();
  }

  view(): ExitView {
    const { state } = this.#session;
    const trial = 'trial' in state ? state.trial : null;
    const attempt = this.#attempt ?? (state.phase === 'closed' ? (this.#last?.attempt ?? null) : null);
    const node = trial?.node ?? (state.phase === 'closed' ? (this.#last?.node ?? null) : null);
    const carrying = state.phase === 'up' || state.phase === 'gated';
    const proxy = carrying ? (this.#attempt?.proxy ?? null) : null;
    const rate = carrying && attempt ? attempt.rate(this.#world.clock.now()) : { rx: 0, tx: 0 };
    const path = attempt?.path;
    return {
      exitId: this.id,
      phase: state.phase,
      since: Math.round(state.since),
      upAt: 'upAt' in state ? Math.round(state.upAt) : null,
      node: node && this.#discovery.view(node),
      proxy: proxy && { host: '127.0.0.1', port: proxy.port, username: proxy.username, password: proxy.password },
      path: path && trial ? { kind: path.kind, rttMs: round(attempt.rttMs), remote: path.remote } : null,
      ...(attempt ? { rotation: attempt.rotation } : {}),
      suite: this.#attempt?.established ? SUITE : null,
      rxBytes: attempt?.rxBytes ?? 0,
      txBytes: attempt?.txBytes ?? 0,
      rxRate: rate.rx,
      txRate: rate.tx,
      pricePerMB: node ? node.proposal.pricePerMB.toString() : null,
      spentSession: (attempt?.spent.session ?? 0n).toString(),
      spentTotal: (attempt?.spent.total ?? 0n).toString(),
      deposit: attempt?.deposit?.toString() ?? null,
      refunded: state.phase === 'closed' && state.refunded !== null ? state.refunded.toString() : null,
      need: this.#need(),
      error: this.#error(),
      lost: this.#lost(),
      steps: this.#steps.list(),
    };
  }

  #need(): InferInput<typeof NeedSchema> | null {
    const { state } = this.#session;
    if (state.phase === 'funding') {
      const { payee } = state.trial.node.proposal;
      if (state.step.at === 'signer') return { kind: 'signer', payee };
      return state.step.at === 'approval' ? written(state.step.need) : null;
    }
    const attempt = this.#attempt;
    if ((state.phase !== 'up' && state.phase !== 'gated') || !attempt?.topUpNeeded || !attempt.signer) return null;
    const { payee, minDeposit, pricePerMB, minGraceMinutes } = state.trial.node.proposal;
    const suggested = pricePerMB * 1_000n;
    return written({
      kind: 'channel',
      payee,
      signer: attempt.signer,
      minDeposit,
      suggestedDeposit: suggested > minDeposit ? suggested : minDeposit,
      graceMinutes: minGraceMinutes,
      pricePerMB,
      action: 'topUp',
    });
  }

  #error(): WarrenErrorData | null {
    const { state } = this.#session;
    // A node is found and waits for the user: what went wrong before is over.
    if (state.phase === 'funding' && state.step.at === 'approval') return null;
    const own = 'error' in state ? state.error : null;
    return own ?? this.#attempt?.warning ?? null;
  }

  /** Who is gone: told while its successor is looked for, and for a while after. */
  #lost(): ExitView['lost'] {
    const { state, loss } = this.#session;
    if (!loss || ('upAt' in state && this.#world.clock.now() - state.upAt > NEWS_LAST)) return null;
    const { did, country, city } = loss.node.proposal;
    return { at: Math.round(loss.at), did, country, ...(city ? { city } : {}) };
  }

  #act(output: SessionOutput): void {
    switch (output.type) {
      case 'discover':
        this.#steps = new Steps(() => this.#world.clock.now());
        this.#steps.begin('total', 'discover');
        void this.#discover(output.want, output.lost);
        break;
      case 'prepare': {
        this.#steps.end('discover');
        const tell = (input: SessionInput) => this.#feed(input);
        const { payer } = this.#session;
        this.#attempt = new Attempt(this.#world, this.#shared, output.trial, payer, this.#steps, tell, this.#changed);
        this.#attempt.prepare();
        break;
      }
      case 'readChannel':
        this.#attempt?.readChannel(output.signer);
        break;
      case 'shake':
        this.#funded.add(output.trial.node.proposal.did);
        this.#attempt?.shake(output.signer);
        break;
      case 'traverse':
        this.#attempt?.traverse();
        break;
      case 'join':
        this.#attempt?.join(output.path);
        break;
      case 'open':
        this.#attempt?.open();
        break;
      case 'settle':
        if (this.#attempt) this.#last = { node: output.trial.node, attempt: this.#attempt };
        this.#attempt?.settle(output.closeChannel);
        break;
      case 'release':
        void this.#release();
        break;
    }
  }

  async #discover(want: Wish, lost: FoundProposal | null): Promise<void> {
    const search = ++this.#search;
    const { state } = this.#session;
    const again = state.phase === 'discovering' && state.error !== null;
    let input: SessionInput;
    try {
      const nodes = await this.#discovery.candidates(want, [...this.#funded], again, lost);
      input = { type: 'found', nodes };
    } catch (error) {
      input = { type: 'failure', error: asWarrenError(error).data() };
    }
    // An answer to a question that was replaced meanwhile says nothing.
    if (search === this.#search && this.#session.state.phase === 'discovering') this.#feed(input);
  }

  async #release(): Promise<void> {
    const attempt = this.#attempt;
    this.#attempt = null;
    if (!attempt) return;
    this.#releasing++;
    await attempt.release().catch(() => {});
    this.#releasing--;
    this.#changed();
  }

  #feed(input: SessionInput): void {
    this.#driven.feed(input);
  }

  /** The machine as `drive` runs it, with an eye on every step, those of its own timer too. */
  #watched(session: Session): Machine<SessionInput, SessionOutput> {
    const shown = () => (session.state.phase === 'funding' ? `funding ${session.state.step.at}` : session.state.phase);
    return {
      deadline: () => session.deadline(),
      handle: (input, now) => {
        const before = { shown: shown(), phase: session.state.phase };
        const outputs = session.handle(input, now);
        const { phase } = session.state;
        if (phase !== before.phase) {
          const why = input.type === 'failure' ? `${input.error.code}: ${input.error.message}` : input.type;
          this.#log.debug(`exit ${this.id}: ${before.phase} → ${phase} on ${why}`);
        }
        if (phase === 'up') this.#steps.end('total');
        this.#changed(shown() !== before.shown);
        return outputs;
      },
    };
  }
}

function round(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10;
}

/** Wei as text, as the wire wants it. */
function written(need: Need): InferInput<typeof NeedSchema> {
  if (need.kind === 'signer') return need;
  const { minDeposit, suggestedDeposit, pricePerMB } = need;
  return {
    ...need,
    minDeposit: minDeposit.toString(),
    suggestedDeposit: suggestedDeposit.toString(),
    pricePerMB: pricePerMB.toString(),
  };
}
