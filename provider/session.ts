/**
 * One client, from its first message to its last: the session loop, where the handshake, the checks
 * and the till (pure machines) meet WireGuard, the chain and the control channel (adapters). It decides
 * nothing that a machine decides; it only carries, in the right order.
 */
import { randomBytes } from 'node:crypto';
import { toBase64, toHex } from '../shared/base/bytes.ts';
import { asWarrenError, type WarrenError } from '../shared/base/errors.ts';
import type { Ms } from '../shared/base/units.ts';
import type { ChannelOnChain, Conversation } from '../shared/effects.ts';
import { type Driven, drive } from '../shared/machine/drive.ts';
import type { OfferedTerms, ResponderInput, ResponderOutput, Session } from '../shared/machine/handshake/api.ts';
import { Responder } from '../shared/machine/handshake/responder.ts';
import type { ControlUp } from '../shared/wire/control.ts';
import { ROAM_FRAME } from '../shared/wire/handshake.ts';
import type { PeerCounters } from '../shared/wire/netd.ts';
import type { TunnelAddresses } from './addresses.ts';
import { refusalOf } from './admission.ts';
import { type ClientPath, findPath } from './client-path.ts';
import type { ControlLink, ControlOwner } from './control-server.ts';
import type { SessionStatus } from './dashboard/status.ts';
import { isGone, type Signs, WATCH_EVERY_MS } from './liveness.ts';
import { Rate } from './rate.ts';
import type { SessionParts } from './session-parts.ts';
import { Till } from './till.ts';
import { Timers } from './timers.ts';

/** The first message of a conversation has to be there by then. */
const FIRST_MESSAGE_MS: Ms = 10_000;
/** A client may come back from elsewhere at any moment: the pause between two searches for it. */
const AGAIN_MS: Ms = 100;
/** After a cooperative close the client has this long to read the answer. */
const LINGER_MS: Ms = 3_000;

export type SessionPhase = 'shaking' | 'connecting' | 'up' | 'closing' | 'over';

export class ClientSession implements ControlOwner {
  /** For logs and the dashboard: random, means nothing outside this process. */
  readonly id = randomBytes(4).toString('hex');
  readonly since: Ms;
  readonly addresses: TunnelAddresses;
  readonly #parts: SessionParts;
  readonly #conversation: Conversation;
  readonly #responder: Driven<ResponderInput>;
  readonly #timers: Timers;
  /** The owner's terms as they were when the client came: what both sign. */
  readonly #terms: OfferedTerms;
  readonly #rate: Rate;
  #phase: SessionPhase = 'shaking';
  #session: Session | null = null;
  #sessionHex = '';
  #onChain: ChannelOnChain | null = null;
  #way: ClientPath | null = null;
  /** Where the client is now, said before its path was looked for. */
  #early: Uint8Array | null = null;
  #till: Till | null = null;
  #link: ControlLink | null = null;
  #counters: PeerCounters | null = null;
  /** Where the checks found the client, and how far away. */
  #path: { readonly address: string; readonly rttMs: Ms | null; readonly country: string | null } | null = null;
  #gateOpen = false;
  #closed = false;
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
    this.#timers = new Timers(parts.clock);
    this.#terms = parts.terms();
    const responder = new Responder({
      ...parts.handshake,
      terms: { ...this.#terms, ...addresses },
      candidates: parts.endpoint.candidates,
      peer: conversation.peer,
    });
    this.#responder = drive<ResponderInput, ResponderOutput>(responder, parts.clock, (output) =>
      this.#onHandshake(output),
    );
    this.#timers.after(FIRST_MESSAGE_MS, () => {
      if (responder.phase === 'listening') void this.end('nothing was said');
    });
    conversation.onMessage((bytes) => {
      if (bytes[0] !== ROAM_FRAME) this.#responder.feed({ type: 'message', bytes });
      else if (this.#way) this.#way.roamed(bytes);
      else this.#early = bytes;
    });
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

  /** Null before m3. */
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
      paid: String(this.#till?.paid ?? 0n),
      gate: this.#gateOpen ? 'open' : 'closed',
      country: this.#path?.country ?? null,
    };
  }

  /** Bytes a second to the client. */
  get txRate(): number {
    return this.#rate.current(this.#parts.clock.now()).txRate;
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
    const { ledger, sessions, book, onLedger, clock, log } = this.#parts;
    const started = clock.now();
    const took = () => Math.round(clock.now() - started);
    try {
      const conflict = await sessions.makeRoom(this);
      if (conflict) throw conflict;
      this.#findPath(session);
      const [channel] = await Promise.all([
        ledger.channel(session.channel).then(
          (found) => {
            onLedger(true);
            log.debug({ session: this.id, ms: took() }, 'channel read');
            return found;
          },
          (error: unknown) => {
            onLedger(false);
            throw error;
          },
        ),
        this.#addPeer(session).then(() => log.debug({ session: this.id, ms: took() }, 'peer made')),
      ]);
      const signed = book.find(session.channel).highest?.cumulative ?? 0n;
      const refusal = refusalOf(channel, { ...this.#terms, signed });
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
    const now = this.#parts.clock.now();
    this.#phase = 'connecting';
    this.#signs = { ...this.#signs, establishedAt: now, receivedAt: now };
    this.#till = new Till({
      ...this.#parts,
      terms: this.#terms,
      channel: session.channel,
      onChain: channel,
      roundTripMs: this.#path?.rttMs ?? null,
      gate: (open, error) => this.#setGate(open, error),
      send: (message) => this.#link?.send(message),
    });
    // The till starts open: the first megabyte is on credit, less what an earlier session left unpaid.
    this.#setGate(this.#till.open, null);
    this.#timers.every(WATCH_EVERY_MS, () => {
      const reason = isGone({ ...this.#signs, control: this.#link !== null }, this.#parts.clock.now());
      if (reason) void this.end(reason);
    });
    this.#parts.earnings.add({ clients: 1 });
    this.#parts.log.info({ session: this.id }, 'client admitted');
  }

  // ------------------------------------------------------------ path

  #findPath(session: Session): void {
    const { endpoint, tunnel, relay, log } = this.#parts;
    this.#way = findPath(endpoint, tunnel, relay, this.#parts.handshake.crypto, session, {
      found: (address, kind, rttMs) => {
        this.#signs = { ...this.#signs, pathLost: false };
        const country = kind === 'relay' ? null : this.#parts.countryOf(address);
        this.#path = { address, rttMs, country };
        if (rttMs !== null) this.#till?.onRoundTrip(rttMs);
        log.info({ session: this.id, kind, rttMs }, 'path found');
      },
      rtt: (ms) => this.#till?.onRoundTrip(ms),
      lost: (pathLost) => {
        this.#signs = { ...this.#signs, pathLost };
        // The client may come back from elsewhere: keep answering while the session lives.
        if (pathLost) this.#timers.after(AGAIN_MS, () => this.#way?.again());
      },
      say: (message) => this.#link?.send(message),
      fault: (error) => this.#fault(error),
      signal: (bytes) => this.#conversation.tell(bytes),
    });
    if (this.#early) this.#way.roamed(this.#early);
    this.#early = null;
  }

  #onCounters(counters: PeerCounters): void {
    const now = this.#parts.clock.now();
    const heard = counters.rxBytes > (this.#counters?.rxBytes ?? 0);
    this.#counters = counters;
    this.#rate.sample(counters, now);
    if (heard) this.#signs = { ...this.#signs, receivedAt: now };
    this.#way?.counted(counters, now);
    if (counters.handshakeAt > 0) this.#isUp();
    this.#till?.onCounters(counters);
  }

  #isUp(): void {
    if (this.#phase !== 'connecting') return;
    this.#phase = 'up';
    this.#signs = { ...this.#signs, shookHands: true };
    this.#parts.log.info({ session: this.id, ms: Math.round(this.#parts.clock.now() - this.since) }, 'tunnel up');
  }

  // ------------------------------------------------------------ money

  #setGate(open: boolean, error: WarrenError | null): void {
    const wanted = open && this.#phase !== 'closing' && this.#phase !== 'over';
    this.#gateOpen = wanted;
    this.#queue(() => this.#parts.tunnel.gate(this.addresses, wanted)).catch((thrown) => this.#fault(thrown));
    this.#link?.send({ type: 'gate', open: wanted, error: error?.data() ?? null });
    if (!wanted) this.#parts.log.info({ session: this.id, code: error?.code }, 'gate closed');
  }

  /** The payer gave notice on chain. */
  onCloseRequested(): void {
    void this.#till?.look();
  }

  // ------------------------------------------------------------ control channel

  onControl(link: ControlLink): void {
    // It came through the tunnel, sooner than the counters say so.
    this.#isUp();
    this.#link?.end();
    this.#link = link;
    const highest = this.#till?.highest ?? null;
    link.send({
      type: 'ready',
      highest: highest && { cumulative: String(highest.cumulative), signature: toHex(highest.signature) },
      observedAddress: this.#path?.address ?? this.#counters?.endpoint?.address ?? '',
    });
    // Also when it is open: the word may have been lost with the connection before.
    link.send({ type: 'gate', open: this.#gateOpen, error: null });
    this.#way?.greet();
  }

  onControlMessage(message: Exclude<ControlUp, { type: 'hello' }>): void {
    if (message.type === 'close') void this.#close();
    else if (message.type === 'candidates') this.#way?.announced(message.candidates);
    // Behind the close nothing can be claimed.
    else if (this.#phase !== 'closing') this.#till?.onProof(message);
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
      if (this.#link) this.#timers.after(LINGER_MS, () => void this.end('closed'));
      else await this.end('closed');
    } catch (thrown) {
      const error = asWarrenError(thrown);
      this.#parts.log.warn({ session: this.id, code: error.code, reason: error.message }, 'close failed');
      this.#phase = before;
      this.#setGate(this.#till?.open ?? false, null);
      this.#link?.send({ type: 'refused', error: error.data() });
    }
  }

  // ------------------------------------------------------------ the end

  /** Tells the client to go elsewhere. True when somebody listened. */
  goodbye(error: WarrenError): boolean {
    this.#link?.send({ type: 'goodbye', error: error.data() });
    this.#link?.end();
    return this.#link !== null;
  }

  /** No control connection (any more). */
  get silent(): boolean {
    return this.#link === null;
  }

  /** Idempotent; resolves when WireGuard's peer is gone. Proofs stay in the book. */
  async end(reason: string): Promise<void> {
    if (this.#phase === 'over') return;
    const wasAdmitted = this.admitted;
    this.#phase = 'over';
    this.#timers.stop();
    this.#responder.stop();
    this.#till?.stop();
    this.#way?.stop();
    this.#link?.end();
    this.#conversation.close();
    const session = this.#session;
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
}
