/**
 * One client, from its first message to its last: the session loop, where the handshake, the checks
 * and the till (pure machines) meet WireGuard, the chain and the control channel (adapters). It decides
 * nothing that a machine decides; it only carries, in the right order.
 */
import { randomBytes } from 'node:crypto';
import { fromHex, toBase64, toHex, utf8 } from '../shared/base/bytes.ts';
import { asWarrenError, type WarrenError } from '../shared/base/errors.ts';
import type { Ms, Wei } from '../shared/base/units.ts';
import type { ChannelOnChain, Conversation, SignedProof, Unsubscribe } from '../shared/effects.ts';
import { larger } from '../shared/machine/channel/amounts.ts';
import type { PayeeInput, PayeeOutput } from '../shared/machine/channel/api.ts';
import { Payee } from '../shared/machine/channel/payee.ts';
import { type Driven, drive } from '../shared/machine/drive.ts';
import type { ResponderInput, ResponderOutput, Session } from '../shared/machine/handshake/api.ts';
import { Responder } from '../shared/machine/handshake/responder.ts';
import type { ChecksInput, ChecksOutput } from '../shared/machine/traversal/api.ts';
import { recoverAddress } from '../shared/node/secp256k1.ts';
import type { ControlUp } from '../shared/wire/control.ts';
import type { PeerCounters } from '../shared/wire/netd.ts';
import { proofDigest } from '../shared/wire/proof.ts';
import type { TunnelAddresses } from './addresses.ts';
import { refusalOf } from './admission.ts';
import type { ControlLink, ControlOwner } from './control-server.ts';
import type { SessionStatus } from './dashboard/status.ts';
import { isGone, type Signs, WATCH_EVERY_MS } from './liveness.ts';
import { Rate } from './rate.ts';
import type { SessionParts } from './sessions.ts';

/** A guess until measured; the window for data under way grows with it. */
const FIRST_ROUND_TRIP_MS: Ms = 100;
/** The first message of a conversation has to be there by then. */
const FIRST_MESSAGE_MS: Ms = 10_000;
/** After a cooperative close the client has this long to read the answer. */
const LINGER_MS: Ms = 10_000;
const CHANNEL_LOOK_MS: Ms = 15_000;

export type SessionPhase = 'shaking' | 'connecting' | 'up' | 'closing' | 'over';

export class ClientSession implements ControlOwner {
  /** For logs and the dashboard: random, means nothing outside this process. */
  readonly id = randomBytes(4).toString('hex');
  readonly since: Ms;
  readonly addresses: TunnelAddresses;
  readonly #parts: SessionParts;
  readonly #conversation: Conversation;
  readonly #responder: Driven<ResponderInput>;
  readonly #timers = new Set<Unsubscribe>();
  readonly #rate: Rate;
  #phase: SessionPhase = 'shaking';
  #session: Session | null = null;
  #sessionHex = '';
  #onChain: ChannelOnChain | null = null;
  #checks: Driven<ChecksInput> | null = null;
  #payee: Payee | null = null;
  #till: Driven<PayeeInput> | null = null;
  #link: ControlLink | null = null;
  #counters: PeerCounters | null = null;
  #gateOpen = false;
  #closed = false;
  /** The highest amount signed or claimed before this session. */
  #paidBefore: Wei = 0n;
  #signs: Signs;
  /** Verbs to warren-netd about this client, one after the other. */
  #netd: Promise<unknown> = Promise.resolve();

  constructor(parts: SessionParts, conversation: Conversation, addresses: TunnelAddresses) {
    this.#parts = parts;
    this.#conversation = conversation;
    this.addresses = addresses;
    this.since = parts.clock.now();
    this.#signs = {
      establishedAt: this.since,
      shookHands: false,
      receivedAt: this.since,
      pathLost: false,
      control: false,
    };
    this.#rate = new Rate(this.since);
    const responder = new Responder({
      ...parts.handshake,
      terms: { ...parts.terms, ...addresses },
      candidates: parts.endpoint.candidates,
      peer: conversation.peer,
    });
    this.#responder = drive<ResponderInput, ResponderOutput>(responder, parts.clock, (output) =>
      this.#onHandshake(output),
    );
    this.#after(FIRST_MESSAGE_MS, () => {
      if (responder.phase === 'listening') void this.end('nothing was said');
    });
    conversation.onMessage((bytes) => this.#responder.feed({ type: 'message', bytes }));
  }

  get phase(): SessionPhase {
    return this.#phase;
  }

  get sessionHex(): string {
    return this.#sessionHex;
  }

  get wireGuardKey(): string | null {
    return this.#session?.peerWireGuardKey ?? null;
  }

  /** Null before the handshake said who pays. */
  get channel(): Session['channel'] | null {
    return this.#session?.channel ?? null;
  }

  /** True from the moment the chain vouched for the client: it may use control channel and resolver. */
  get admitted(): boolean {
    return this.#phase === 'connecting' || this.#phase === 'up' || this.#phase === 'closing';
  }

  status(): SessionStatus {
    const { rxBytes = 0, txBytes = 0 } = this.#counters ?? {};
    return {
      id: this.id,
      phase: this.#phase,
      since: this.since,
      rxBytes,
      txBytes,
      ...this.#rate.current(this.#parts.clock.now()),
      paid: String(this.#paid()),
      gate: this.#gateOpen ? 'open' : 'closed',
    };
  }

  // ------------------------------------------------------------ handshake

  #onHandshake(output: ResponderOutput): void {
    switch (output.type) {
      case 'send':
        this.#conversation.send(output.bytes);
        break;
      case 'verifyClient':
        void this.#verify(output.session);
        break;
      case 'established':
        this.#establish();
        break;
      case 'failed':
        this.#parts.log.info({ session: this.id, code: output.error.code }, 'handshake failed');
        void this.end(output.error.code);
        break;
    }
  }

  /** The chain is asked, the path is looked for and WireGuard's peer is made, all at once; the gate stays shut. */
  async #verify(session: Session): Promise<void> {
    this.#session = session;
    this.#sessionHex = toHex(session.sessionId);
    const { ledger, sessions, book, rules, onLedger } = this.#parts;
    try {
      const conflict = await sessions.makeRoom(this);
      if (conflict) throw conflict;
      this.#startChecks(session);
      const [channel] = await Promise.all([
        ledger.channel(session.channel).then(
          (found) => {
            onLedger(true);
            return found;
          },
          (error: unknown) => {
            onLedger(false);
            throw error;
          },
        ),
        this.#addPeer(session),
      ]);
      const signed = book.find(session.channel).highest?.cumulative ?? 0n;
      const refusal = refusalOf(channel, { ...rules, signed });
      this.#onChain = channel;
      this.#responder.feed(refusal ? { type: 'clientRefused', error: refusal } : { type: 'clientVerified' });
    } catch (error) {
      this.#responder.feed({ type: 'clientRefused', error: asWarrenError(error) });
    }
  }

  #addPeer(session: Session): Promise<void> {
    return this.#queue(() =>
      this.#parts.tunnel.addPeer(
        { publicKey: session.peerWireGuardKey, presharedKey: toBase64(session.psk), ...this.addresses },
        (counters) => this.#onCounters(counters),
      ),
    );
  }

  #establish(): void {
    const session = this.#session;
    const channel = this.#onChain;
    if (!session || !channel || this.#phase !== 'shaking') return;
    const { clock, book, terms, log } = this.#parts;
    const debt = book.find(session.channel);
    book.saveClaimed(session.channel, channel.claimed);
    this.#paidBefore = larger(debt.highest?.cumulative ?? 0n, channel.claimed);
    this.#payee = new Payee({
      signer: session.channel.signer,
      pricePerMB: terms.pricePerMB,
      highest: debt.highest,
      deposit: channel.deposit,
      claimed: channel.claimed,
      closeAt: channel.closeAt,
      unpaidBytes: debt.unpaidBytes,
      roundTripMs: FIRST_ROUND_TRIP_MS,
    });
    this.#phase = 'connecting';
    this.#signs = { ...this.#signs, establishedAt: clock.now(), receivedAt: clock.now() };
    this.#till = drive<PayeeInput, PayeeOutput>(this.#payee, clock, (output) => this.#onTill(output));
    // The till starts open: the first megabyte is on credit, less what an earlier session left unpaid.
    this.#setGate(true, null);
    this.#every(WATCH_EVERY_MS, () => this.#watch());
    this.#every(CHANNEL_LOOK_MS, () => void this.lookAtChannel());
    log.info({ session: this.id }, 'client admitted');
  }

  // ------------------------------------------------------------ path

  #startChecks(session: Session): void {
    const { local, remote } = session.traversal;
    const credentials = {
      localFragment: local.fragment,
      remoteFragment: remote.fragment,
      localPassword: utf8(local.password),
      remotePassword: utf8(remote.password),
    };
    this.#checks = this.#parts.endpoint.check({ credentials, remote: session.peerCandidates }, (output) =>
      this.#onChecks(output),
    );
    this.#checks.feed({ type: 'start' });
  }

  #onChecks(output: ChecksOutput): void {
    switch (output.type) {
      case 'nominated':
        this.#signs = { ...this.#signs, pathLost: false };
        if (output.rttMs !== null) this.#till?.feed({ type: 'roundTrip', ms: output.rttMs });
        this.#parts.log.info({ session: this.id, kind: output.kind, rttMs: output.rttMs }, 'path found');
        break;
      case 'rtt':
        this.#till?.feed({ type: 'roundTrip', ms: output.rttMs });
        break;
      case 'recovered':
        this.#signs = { ...this.#signs, pathLost: false };
        break;
      case 'lost':
      case 'failed':
        this.#signs = { ...this.#signs, pathLost: true };
        // The client may come back from elsewhere: keep answering while the session lives.
        this.#after(2_000, () => this.#checks?.feed({ type: 'restart' }));
        break;
      default:
        break;
    }
  }

  #onCounters(counters: PeerCounters): void {
    const now = this.#parts.clock.now();
    const before = this.#counters?.rxBytes ?? 0;
    this.#counters = counters;
    this.#rate.sample(counters, now);
    if (counters.rxBytes > before) {
      this.#signs = { ...this.#signs, receivedAt: now };
      this.#checks?.feed({ type: 'heard' });
    }
    if (counters.handshakeAt > 0 && this.#phase === 'connecting') {
      this.#phase = 'up';
      this.#signs = { ...this.#signs, shookHands: true };
      this.#parts.log.info({ session: this.id, ms: Math.round(now - this.since) }, 'tunnel up');
    }
    this.#till?.feed({ type: 'counters', rxBytes: counters.rxBytes, txBytes: counters.txBytes });
  }

  #watch(): void {
    const reason = isGone({ ...this.#signs, control: this.#link !== null }, this.#parts.clock.now());
    if (reason) void this.end(reason);
  }

  // ------------------------------------------------------------ money

  #onTill(output: PayeeOutput): void {
    switch (output.type) {
      case 'persist':
        this.#keep(output.proof);
        break;
      case 'gate':
        this.#setGate(output.open, output.error);
        break;
      case 'receipt': {
        const { accepted, rxBytes, txBytes } = output;
        this.#link?.send({ type: 'receipt', accepted: String(accepted), rxBytes, txBytes });
        break;
      }
      case 'refuse':
        this.#parts.log.info({ session: this.id, code: output.error.code }, 'proof refused');
        this.#link?.send({ type: 'refused', error: output.error.data() });
        break;
    }
  }

  #keep(proof: SignedProof): void {
    const channel = this.channel;
    if (!channel) return;
    this.#parts.book.saveProof(channel, proof);
    this.#parts.settlements.onProof(channel);
  }

  #setGate(open: boolean, error: WarrenError | null): void {
    const wanted = open && this.#phase !== 'closing' && this.#phase !== 'over';
    this.#gateOpen = wanted;
    this.#queue(() => this.#parts.tunnel.gate(this.addresses, wanted)).catch((thrown) => this.#fault(thrown));
    this.#link?.send({ type: 'gate', open: wanted, error: error?.data() ?? null });
    if (!wanted) this.#parts.log.info({ session: this.id, code: error?.code }, 'gate closed');
  }

  /** Signed in this session. */
  #paid(): Wei {
    const highest = this.#payee?.highest?.cumulative ?? 0n;
    return highest > this.#paidBefore ? highest - this.#paidBefore : 0n;
  }

  /** Reads the channel again: a top-up, or the payer's notice to close it. */
  async lookAtChannel(): Promise<void> {
    const channel = this.channel;
    if (!channel) return;
    try {
      const { deposit, closeAt } = await this.#parts.ledger.channel(channel);
      this.#parts.onLedger(true);
      this.#till?.feed({ type: 'channel', deposit, closeAt });
    } catch {
      // Service goes on: an RPC that is down must not end sessions that pay.
      this.#parts.onLedger(false);
    }
  }

  // ------------------------------------------------------------ control channel

  onControl(link: ControlLink): void {
    this.#link?.end();
    this.#link = link;
    const highest = this.#payee?.highest ?? null;
    link.send({
      type: 'ready',
      highest: highest && { cumulative: String(highest.cumulative), signature: toHex(highest.signature) },
      observedAddress: this.#counters?.endpoint?.address ?? '',
    });
    if (!this.#gateOpen) link.send({ type: 'gate', open: false, error: null });
  }

  onControlMessage(message: Exclude<ControlUp, { type: 'hello' }>): void {
    const channel = this.channel;
    if (message.type === 'close') void this.#close();
    if (message.type === 'close' || !channel) return;
    const proof = { cumulative: message.cumulative, signature: fromHex(message.signature) };
    let signer = null;
    try {
      const { chainId, channels } = this.#parts.terms;
      const { payer, payee } = channel;
      signer = recoverAddress(
        proofDigest({ chainId, channels }, { payer, payee, cumulative: proof.cumulative }),
        proof.signature,
      );
    } catch {
      // No signature at all: the till says so to the client.
    }
    this.#till?.feed({ type: 'proof', proof, signer, rxBytes: message.rxBytes });
  }

  onControlEnd(link: ControlLink): void {
    if (this.#link !== link) return;
    this.#link = null;
    if (this.#phase === 'closing' && this.#closed) void this.end('closed');
  }

  /** The client asks for the cooperative close: last proof in, remainder back, then good-bye. */
  async #close(): Promise<void> {
    const channel = this.channel;
    if (!channel || (this.#phase !== 'up' && this.#phase !== 'connecting')) return;
    const before = this.#phase;
    this.#phase = 'closing';
    this.#setGate(false, null);
    try {
      const { transaction, claimed, refunded } = await this.#parts.settlements.close(channel);
      this.#closed = true;
      this.#link?.send({ type: 'closed', transaction, claimed: String(claimed), refunded: String(refunded) });
      if (this.#link) this.#after(LINGER_MS, () => void this.end('closed'));
      else await this.end('closed');
    } catch (thrown) {
      const error = asWarrenError(thrown);
      this.#parts.log.warn({ session: this.id, code: error.code, reason: error.message }, 'close failed');
      this.#phase = before;
      this.#setGate(this.#payee?.phase === 'open', null);
      this.#link?.send({ type: 'refused', error: error.data() });
    }
  }

  // ------------------------------------------------------------ the end

  goodbye(error: WarrenError): void {
    this.#link?.send({ type: 'goodbye', error: error.data() });
    this.#link?.end();
  }

  /** Idempotent; resolves when WireGuard's peer is gone. Proofs stay in the book. */
  async end(reason: string): Promise<void> {
    if (this.#phase === 'over') return;
    const wasAdmitted = this.admitted;
    this.#phase = 'over';
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#responder.stop();
    this.#till?.stop();
    this.#checks?.stop();
    this.#link?.end();
    this.#conversation.close();
    const session = this.#session;
    if (session && this.#payee) this.#parts.book.saveUnpaid(session.channel, this.#payee.unpaidBytes);
    this.#parts.sessions.remove(this, wasAdmitted);
    if (wasAdmitted) this.#parts.log.info({ session: this.id, reason }, 'client gone');
    if (session) {
      await this.#queue(() => this.#parts.tunnel.removePeer(session.peerWireGuardKey)).catch((error) =>
        this.#fault(error),
      );
      session.psk.fill(0);
    }
    this.#parts.pool.release(this.addresses);
  }

  #queue<T>(verb: () => Promise<T>): Promise<T> {
    const result = this.#netd.then(verb);
    this.#netd = result.catch(() => {});
    return result;
  }

  #fault(thrown: unknown): void {
    const error = asWarrenError(thrown);
    this.#parts.log.warn({ session: this.id, code: error.code, reason: error.message }, 'netd refused');
  }

  #after(delay: Ms, run: () => void): void {
    const cancel = this.#parts.clock.after(delay, () => {
      this.#timers.delete(cancel);
      if (this.#phase !== 'over') run();
    });
    this.#timers.add(cancel);
  }

  #every(period: Ms, run: () => void): void {
    this.#after(period, () => {
      run();
      this.#every(period, run);
    });
  }
}
