/**
 * One attempt at one node: carries out what the session machine orders and reports what became of it.
 * It owns every resource of the attempt; after `release` nothing of it speaks again, and its keys are gone.
 */
import { toHex } from '../shared/base/bytes.ts';
import { asWarrenError, WarrenError, type WarrenErrorData } from '../shared/base/errors.ts';
import type { Address, ByteCount, Ms, Wei } from '../shared/base/units.ts';
import type { ChannelOnChain, DidDocument } from '../shared/effects.ts';
import type { Session as Handshake } from '../shared/machine/handshake/api.ts';
import type { Path, SessionInput, Trial } from '../shared/machine/session/api.ts';
import type { Nat } from '../shared/machine/traversal/api.ts';
import type { Candidate } from '../shared/wire/candidate.ts';
import { DNS_PORT } from '../shared/wire/control.ts';
import { GATEWAY4, type PeerCounters } from '../shared/wire/netd.ts';
import { channelId } from '../shared/wire/proof.ts';
import { contradiction } from './claims.ts';
import type { ProxyHandle } from './local-proxy/api.ts';
import { type Payments, startPayments } from './payments.ts';
import { assertSpeaksFor } from './proposal-key.ts';
import { Rate } from './rate.ts';
import { openRenewableControl, type RenewableControl } from './renewable-control.ts';
import { type Shake, shake } from './shake.ts';
import type { Shared } from './shared.ts';
import type { Steps } from './steps.ts';
import { Way, type WayPath } from './way.ts';
import type { World } from './world.ts';

const CONTROL_LIMIT: Ms = 3_000;
/** The tables take 57 ms to load: not while a page is waited for. */
const CLAIMS_AFTER: Ms = 1_000;
const LOCKED = new WarrenError('wallet_locked', 'The wallet took its signing key back.', 'Unlock the wallet to go on.');

export class Attempt {
  readonly #world: World;
  readonly #shared: Shared;
  readonly #trial: Trial;
  readonly #payer: Address;
  readonly #steps: Steps;
  readonly #tell: (input: SessionInput) => void;
  readonly #changed: () => void;
  readonly #wireGuard: { readonly privateKey: string; readonly publicKey: string };
  readonly #rate = new Rate();
  readonly #forgetDevice: () => void;

  #released = false;
  #signer: Address | null = null;
  #document: DidDocument | null = null;
  #candidates: readonly Candidate[] | null = null;
  #channel: ChannelOnChain | null = null;
  #handshake: Handshake | null = null;
  #shake: Shake | null = null;
  #way: Way | null = null;
  #proxy: ProxyHandle | null = null;
  #control: RenewableControl | null = null;
  #payments: Payments | null = null;
  #settling = false;

  rxBytes: ByteCount = 0;
  txBytes: ByteCount = 0;
  /** The deposit is nearly used up, or a payment was refused: not an end, but something to show. */
  warning: WarrenErrorData | null = null;
  topUpNeeded = false;

  constructor(
    world: World,
    shared: Shared,
    trial: Trial,
    payer: Address,
    steps: Steps,
    tell: (input: SessionInput) => void,
    changed: () => void,
  ) {
    this.#world = world;
    this.#shared = shared;
    this.#trial = trial;
    this.#payer = payer;
    this.#steps = steps;
    this.#tell = tell;
    this.#changed = changed;
    this.#wireGuard = world.generateWireGuardKeyPair();
    this.#forgetDevice = shared.device.onLost((error) => this.#fail(error));
  }

  // ---- what the session machine orders, in the order of a connect

  prepare(): void {
    this.#steps.begin('resolve', 'gather', 'signer');
    this.#way = new Way(
      this.#world,
      this.#shared.device,
      {
        gathered: (candidates) => this.#gathered(candidates),
        found: (path) => {
          this.#steps.end('traverse');
          this.#feed({ type: 'nominated', path });
        },
        roam: (candidates) => {
          if (this.#handshake) this.#shake?.roam(this.#handshake, candidates);
        },
        up: () => {
          this.#steps.end('wireguard');
          this.#shake?.confirmed();
          this.#feed({ type: 'wireguard' });
        },
        counters: (counters) => this.#counted(counters),
        recovered: () => {
          // The last words are on their way.
          if (!this.#settling) this.#control?.renew();
        },
        failed: (error) => this.#fail(error),
        changed: this.#changed,
      },
      (work) => this.#run(work),
    );
    this.#run(this.#resolve());
    // Without netd there is no tunnel: better said before money is asked for.
    this.#run(this.#shared.device.get());
    this.offerSigner();
  }

  /** The extension sent a key, or one was there already. */
  offerSigner(): void {
    const signer = this.#shared.signerOf(this.#trial.node.proposal.payee);
    if (!signer) return;
    this.#signer = signer.address;
    this.#steps.end('signer');
    this.#steps.begin('channel');
    this.#feed({ type: 'signer', address: signer.address });
  }

  readChannel(signer: Address): void {
    this.#run(this.#readChannel(signer));
  }

  shake(signer: Address): void {
    this.#steps.end('channel');
    const key = this.#shared.signerOf(this.#trial.node.proposal.payee);
    if (!key || key.address !== signer) {
      this.#fail(LOCKED.data());
      return;
    }
    this.#steps.begin('handshake');
    this.#shake = shake(
      this.#world,
      {
        node: this.#trial.node,
        payer: this.#payer,
        signer,
        signerKey: key.privateKey,
        wireGuardKey: this.#wireGuard.publicKey,
      },
      {
        established: (session) => {
          this.#steps.end('handshake');
          this.#steps.begin('traverse', 'accept', 'tunnel');
          this.#handshake = session;
          this.#feed({ type: 'established' });
        },
        roamed: (candidates) => {
          if (this.#way) this.#run(this.#way.said({ type: 'candidates', candidates: [...candidates] }));
        },
        accepted: () => {
          this.#steps.end('accept');
          this.#feed({ type: 'accepted' });
        },
        failed: (error) => this.#fail(error.data()),
      },
    );
    if (this.#document) this.#shake.document(this.#document);
    if (this.#candidates) this.#shake.candidates(this.#candidates);
  }

  traverse(): void {
    if (!this.#handshake || !this.#way) return;
    this.#run(this.#way.startChecks(this.#handshake));
    this.#run(this.#createLink(this.#handshake, this.#way));
  }

  join(path: Path): void {
    this.#steps.begin('wireguard');
    if (this.#way) this.#run(this.#way.join(path));
  }

  open(): void {
    this.#steps.begin('proxy', 'control');
    this.#run(this.#openProxy());
    this.#run(this.#openControl());
  }

  settle(closeChannel: boolean): void {
    this.#settling = true;
    this.#run(this.#settle(closeChannel));
  }

  /** Resolves when the last resource is back; proxy sockets are destroyed before it returns. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    this.#proxy?.destroyAll();
    this.#forgetDevice();
    this.#payments?.close();
    this.#control?.close();
    this.#shake?.close();
    await Promise.all([this.#proxy?.close(), this.#way?.release()]);
    this.#handshake?.psk.fill(0);
    this.#handshake = null;
  }

  // ---- what the loop asks

  get proxy(): ProxyHandle | null {
    return this.#settling || this.#released ? null : this.#proxy;
  }

  get deposit(): Wei | null {
    return this.#channel?.deposit ?? null;
  }

  get spent(): { readonly session: Wei; readonly total: Wei } {
    return this.#payments?.spent ?? { session: 0n, total: this.#channel?.claimed ?? 0n };
  }

  get established(): boolean {
    return this.#handshake !== null;
  }

  get signer(): Address | null {
    return this.#signer;
  }

  /** Ours inside the tunnel; null before there is one. */
  get addresses(): { readonly address4: string; readonly address6: string } | null {
    const terms = this.#handshake?.terms;
    return terms ? { address4: terms.address4, address6: terms.address6 } : null;
  }

  rate(now: Ms): { readonly rx: number; readonly tx: number } {
    return this.#rate.read(now);
  }

  get path(): WayPath | null {
    return this.#way?.path ?? null;
  }

  get rttMs(): Ms | null {
    return this.#way?.rttMs ?? null;
  }

  get nat(): Nat | null {
    return this.#way?.nat ?? null;
  }

  get rotation(): Way['rotation'] {
    return this.#way?.rotation ?? { count: 0, lastAt: null };
  }

  stopPaying(stopped: boolean): void {
    this.#payments?.stop(stopped);
  }

  // ---- the steps

  #gathered(candidates: readonly Candidate[]): void {
    this.#steps.end('gather');
    this.#candidates = candidates;
    this.#shake?.candidates(candidates);
    this.#changed();
  }

  async #resolve(): Promise<void> {
    const { node } = this.#trial;
    const document = await this.#shared.ledger.resolve(node.proposal.did);
    assertSpeaksFor(node, document);
    this.#document = document;
    this.#steps.end('resolve');
    this.#shake?.document(document);
    this.#feed({ type: 'resolved' });
  }

  async #readChannel(signer: Address): Promise<void> {
    const { payee } = this.#trial.node.proposal;
    const channel = await this.#shared.ledger.ask((ledger) => ledger.channel({ payer: this.#payer, signer, payee }));
    const before = this.#channel;
    this.#channel = channel;
    if (this.#payments && before && channel.deposit > before.deposit) {
      this.topUpNeeded = false;
      this.#payments.topUp(channel.deposit);
    }
    this.#feed({ type: 'channel', channel, maxPricePerMB: this.#shared.priceOf(payee) });
  }

  async #createLink(handshake: Handshake, way: Way): Promise<void> {
    await way.createLink(handshake, this.#wireGuard.privateKey);
    if (this.#released) return;
    this.#steps.end('tunnel');
    this.#feed({ type: 'tunnel' });
  }

  async #openProxy(): Promise<void> {
    const handshake = this.#handshake;
    if (!handshake) return;
    const { address4, address6 } = handshake.terms;
    const resolver = { address: GATEWAY4, port: DNS_PORT };
    const proxy = await this.#world.openProxy({ localAddress4: address4, localAddress6: address6, resolver });
    if (this.#released || this.#settling) return proxy.close();
    this.#proxy = proxy;
    this.#steps.end('proxy');
    this.#feed({ type: 'proxy' });
  }

  async #openControl(): Promise<void> {
    const handshake = this.#handshake;
    const { payee } = this.#trial.node.proposal;
    const signer = this.#shared.signerOf(payee);
    if (!handshake || !signer || !this.#channel) return;
    const connect = () => this.#world.connectControl(handshake.terms.address4, CONTROL_LIMIT);
    const control = await openRenewableControl(connect, toHex(handshake.sessionId));
    if (this.#released) return control.close();
    this.#control = control;
    const id = channelId(handshake.channel);
    const config = {
      session: handshake,
      channel: this.#channel,
      signerKey: signer.privateKey,
      highestSigned: this.#shared.signed.find(id),
    };
    this.#payments = startPayments(this.#world, control, config, {
      ready: () => {
        this.#steps.end('control');
        if (this.#way) this.#run(this.#way.control(control));
        this.#feed({ type: 'control' });
        this.#world.clock.after(CLAIMS_AFTER, () => this.#run(this.#checkClaims()));
      },
      gate: (open, error) => this.#feed({ type: 'gate', open, error }),
      signed: (cumulative) => this.#shared.signed.save(id, cumulative),
      exhausted: () => {
        this.topUpNeeded = true;
        this.#changed();
      },
      disputed: (error) => {
        // Asked to close, the node answers a failure with a refusal.
        // Two counts that drifted apart do not come together again: a new session starts both at nothing.
        if (this.#settling || error.code === 'metering_disputed') return this.#fail(error);
        this.warning = error;
        this.#changed();
      },
      lost: (error) => this.#fail(error),
      path: (message) => {
        if (this.#way) this.#run(this.#way.said(message));
      },
      closed: (_claimed, refunded) => {
        this.#shared.signed.forget(id);
        this.#feed({ type: 'settled', refunded });
      },
    });
    if (this.#shared.stopPaying) this.#payments.stop(true);
  }

  async #checkClaims(): Promise<void> {
    const { path } = this;
    // Only a direct path shows the node's own address.
    if (this.#released || path?.kind !== 'direct') return;
    this.warning ??= contradiction(this.#trial.node.proposal, await this.#world.locate(path.address).catch(() => null));
    this.#changed();
  }

  #counted({ rxBytes, txBytes }: PeerCounters): void {
    this.rxBytes = rxBytes;
    this.txBytes = txBytes;
    this.#rate.add(this.#world.clock.now(), rxBytes, txBytes);
    this.#payments?.counters(rxBytes, txBytes);
    this.#changed();
  }

  /** Nothing is owed that was not signed ahead; the last counters let the payer see that for itself. */
  async #settle(closeChannel: boolean): Promise<void> {
    await this.#proxy?.close();
    const last = await this.#way?.sample();
    if (last) this.#counted(last);
    if (closeChannel && this.#payments) {
      // A proof behind the close would be money for nothing: the provider takes none any more.
      this.#payments.stop(true);
      this.#payments.requestClose();
    } else this.#feed({ type: 'settled', refunded: null });
  }

  #run(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#fail(asWarrenError(error).data()));
  }

  #fail(error: WarrenErrorData): void {
    this.#feed({ type: 'failure', error });
  }

  #feed(input: SessionInput): void {
    if (!this.#released) this.#tell(input);
  }
}
