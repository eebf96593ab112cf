/**
 * The till of one session: carries proofs, counters and the chain's word to the Payee machine, and what
 * it decides to the book, the gate and the client. A proof is in the book before anything is granted.
 */
import { fromHex } from '../shared/base/bytes.ts';
import type { WarrenError } from '../shared/base/errors.ts';
import { larger, type Ms, type Wei } from '../shared/base/units.ts';
import type {
  ChannelOnChain,
  ChannelParties,
  Clock,
  LedgerReader,
  SignedProof,
  Unsubscribe,
} from '../shared/effects.ts';
import type { PayeeInput, PayeeOutput } from '../shared/machine/channel/api.ts';
import { Payee } from '../shared/machine/channel/payee.ts';
import { type Driven, drive } from '../shared/machine/drive.ts';
import type { OfferedTerms } from '../shared/machine/handshake/api.ts';
import { recoverAddress } from '../shared/node/secp256k1.ts';
import type { ControlDownInput, ControlUp } from '../shared/wire/control.ts';
import type { PeerCounters } from '../shared/wire/netd.ts';
import { proofDigest } from '../shared/wire/proof.ts';
import type { EarningsRecord } from './earnings/record.ts';
import type { Log } from './log.ts';
import type { ProofBook } from './proofs.ts';
import type { Settlements } from './settlement.ts';

export interface TillOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: LedgerReader;
  readonly onLedger: (reachable: boolean) => void;
  readonly book: ProofBook;
  readonly settlements: Settlements;
  readonly earnings: EarningsRecord;
  readonly terms: OfferedTerms;
  readonly channel: ChannelParties;
  readonly onChain: ChannelOnChain;
  /** As far as the path has been measured. */
  readonly roundTripMs: Ms | null;
  readonly gate: (open: boolean, error: WarrenError | null) => void;
  readonly send: (message: ControlDownInput) => void;
}

/** A guess until measured; the window for data under way grows with it. */
const FIRST_ROUND_TRIP_MS: Ms = 100;
/** How soon a top-up is seen while the deposit runs low … */
const LOOK_LOW_MS: Ms = 15_000;
const LOW_MEGABYTES = 20n;
/** … and else: an RPC is not ours to wear out, and notices come through the watcher. */
const LOOK_MS: Ms = 300_000;

export class Till {
  readonly #options: TillOptions;
  readonly #payee: Payee;
  readonly #driven: Driven<PayeeInput>;
  /** The highest amount signed or claimed before this session. */
  readonly #before: Wei;
  #deposit: Wei;
  #cancelLook: Unsubscribe = () => {};
  #lookingOften = false;
  #stopped = false;

  constructor(options: TillOptions) {
    this.#options = options;
    const { book, channel, onChain, terms, clock } = options;
    book.saveClaimed(channel, onChain.claimed);
    const { highest, unpaidBytes } = book.find(channel);
    this.#deposit = onChain.deposit;
    this.#before = larger(highest?.cumulative ?? 0n, onChain.claimed);
    this.#payee = new Payee({
      signer: channel.signer,
      pricePerMB: terms.pricePerMB,
      highest,
      deposit: onChain.deposit,
      claimed: onChain.claimed,
      closeAt: onChain.closeAt,
      unpaidBytes,
      roundTripMs: options.roundTripMs ?? FIRST_ROUND_TRIP_MS,
    });
    this.#driven = drive<PayeeInput, PayeeOutput>(this.#payee, clock, (output) => this.#act(output));
    this.#lookLater();
  }

  get highest(): SignedProof | null {
    return this.#payee.highest;
  }

  get open(): boolean {
    return this.#payee.phase === 'open';
  }

  /** Signed in this session. */
  get paid(): Wei {
    return larger(this.#payee.highest?.cumulative ?? 0n, this.#before) - this.#before;
  }

  onCounters({ rxBytes, txBytes }: PeerCounters): void {
    this.#driven.feed({ type: 'counters', rxBytes, txBytes });
  }

  onRoundTrip(ms: Ms): void {
    this.#driven.feed({ type: 'roundTrip', ms });
  }

  onProof({ cumulative, signature, rxBytes }: Extract<ControlUp, { type: 'proof' }>): void {
    const proof = { cumulative, signature: fromHex(signature) };
    this.#driven.feed({ type: 'proof', proof, signer: this.#signerOf(proof), rxBytes });
  }

  /** Reads the channel again: a top-up, or the payer's notice to close it. */
  async look(): Promise<void> {
    const { ledger, channel, onLedger } = this.#options;
    this.#cancelLook();
    try {
      const { deposit, closeAt } = await ledger.channel(channel);
      onLedger(true);
      this.#deposit = deposit;
      this.#driven.feed({ type: 'channel', deposit, closeAt });
    } catch {
      // Service goes on: an RPC that is down must not end sessions that pay.
      onLedger(false);
    }
    this.#lookLater();
  }

  /** What stayed unpaid waits in the book for the channel's next session. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelLook();
    this.#driven.stop();
    this.#options.book.saveUnpaid(this.#options.channel, this.#payee.unpaidBytes);
  }

  #lookLater(): void {
    if (this.#stopped) return;
    this.#cancelLook();
    this.#lookingOften = this.#isLow;
    this.#cancelLook = this.#options.clock.after(this.#lookingOften ? LOOK_LOW_MS : LOOK_MS, () => void this.look());
  }

  /** The deposit has just become low: the slow look is too slow from now on. */
  #watchDeposit(): void {
    if (this.#lookingOften || !this.#isLow) return;
    this.#lookLater();
  }

  get #isLow(): boolean {
    const spent = larger(this.#payee.highest?.cumulative ?? 0n, this.#before);
    return this.#deposit - spent < LOW_MEGABYTES * this.#options.terms.pricePerMB;
  }

  #act(output: PayeeOutput): void {
    const { book, channel, settlements, earnings, gate, send, log } = this.#options;
    switch (output.type) {
      case 'persist': {
        const { highest, claimed } = book.find(channel);
        const before = larger(highest?.cumulative ?? 0n, claimed);
        book.saveProof(channel, output.proof);
        if (output.proof.cumulative > before) earnings.add({ earned: output.proof.cumulative - before });
        settlements.onProof(channel);
        this.#watchDeposit();
        break;
      }
      case 'gate':
        gate(output.open, output.error);
        break;
      case 'receipt': {
        const { accepted, rxBytes, txBytes } = output;
        send({ type: 'receipt', accepted: String(accepted), rxBytes, txBytes });
        break;
      }
      case 'refuse':
        log.info({ code: output.error.code }, 'proof refused');
        send({ type: 'refused', error: output.error.data() });
        break;
    }
  }

  /** Null: no signature at all; the machine says so to the client. */
  #signerOf(proof: SignedProof) {
    const { terms, channel } = this.#options;
    const { payer, payee } = channel;
    try {
      const digest = proofDigest(terms, { payer, payee, cumulative: proof.cumulative });
      return recoverAddress(digest, proof.signature);
    } catch {
      return null;
    }
  }
}
