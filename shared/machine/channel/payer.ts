/**
 * The client's purse for one session: says how much to sign next, and stops when the provider counts
 * what was never sent. It never signs above the deposit nor below what it signed before.
 */
import { WarrenError } from '../../base/errors.ts';
import { type ByteCount, larger, MEGABYTE, type Ms, smaller, type Wei } from '../../base/units.ts';
import type { Deadline, Machine, Tick } from '../machine.ts';
import { bytesFor, costOf } from './amounts.ts';
import { type PayerConfig, type PayerInput, type PayerOutput, TOLERANCE_BYTES, TOLERANCE_RATIO } from './api.ts';
import { PAYER_TRANSITIONS, type PayerEvent, type PayerPhase } from './transitions.ts';

/** When so little is left in the deposit, a top-up is due. */
export const LOW_WATER_BYTES: ByteCount = 10 * MEGABYTE;
/** A shut gate with nothing owed: proofs and receipts under way need a moment, then it is a dispute. */
const STALL_MS: Ms = 3_000;

export class Payer implements Machine<PayerInput, PayerOutput> {
  readonly #config: PayerConfig;
  #phase: PayerPhase = 'waiting';
  #stopped = false;
  #deposit: Wei;
  #toldLow = false;
  /** Where this session's bytes start to count. */
  #base: Wei | null = null;
  #highestSigned: Wei;
  /** The highest amount that the provider holds, or that is on its way to it. */
  #paid: Wei = 0n;
  #rxBytes: ByteCount = 0;
  #txBytes: ByteCount = 0;
  #receivedByProvider: ByteCount = 0;
  #sentByProvider: ByteCount = 0;
  /** Since when the gate is shut although nothing is owed. */
  #stalledAt: Ms | null = null;

  constructor(config: PayerConfig) {
    this.#config = config;
    this.#deposit = config.deposit;
    this.#highestSigned = config.highestSigned;
  }

  get phase(): PayerPhase {
    return this.#phase;
  }

  handle(input: PayerInput | Tick, now: Ms): readonly PayerOutput[] {
    if (this.#phase === 'disputed') return [];
    switch (input.type) {
      case 'recovered':
        return this.#onRecovered(input.highest);
      case 'counters':
        return this.#onCounters(input.rxBytes, input.txBytes);
      case 'receipt':
        this.#receivedByProvider = Math.max(this.#receivedByProvider, input.rxBytes);
        this.#sentByProvider = Math.max(this.#sentByProvider, input.txBytes);
        return this.#pay();
      case 'gate':
        this.#stalledAt = input.open ? null : (this.#stalledAt ?? now);
        return this.#pay();
      case 'signed':
        return this.#onSigned(input.cumulative, input.signature);
      case 'deposit':
        return this.#onDeposit(input.deposit);
      case 'refused':
        return this.#dispute(input.error);
      case 'stop':
        this.#stopped = input.stopped;
        return this.#pay();
      case 'tick':
        return this.#stallEndsAt !== null && now >= this.#stallEndsAt ? this.#giveUp() : [];
    }
  }

  deadline(): Deadline | null {
    const at = this.#stallEndsAt;
    return at === null ? null : { at, why: 'the gate is shut although all is paid' };
  }

  get #stallEndsAt(): Ms | null {
    return this.#stalledAt === null || this.#stopped || this.#phase !== 'paying' ? null : this.#stalledAt + STALL_MS;
  }

  #giveUp(): readonly PayerOutput[] {
    this.#stalledAt = null;
    const error = new WarrenError(
      'metering_disputed',
      `The node counts ${this.#sentByProvider} bytes sent, ${this.#rxBytes} arrived; it waits for payment of the rest.`,
      'Connect again, or choose another node.',
    );
    return this.#dispute(error);
  }

  /** What arrived; and of what was lost on the way, as much as the tolerance allows. */
  get #received(): ByteCount {
    const tolerated = this.#rxBytes * (1 + TOLERANCE_RATIO) + TOLERANCE_BYTES;
    return Math.max(this.#rxBytes, Math.min(this.#sentByProvider, Math.floor(tolerated)));
  }

  #onRecovered(highest: { readonly cumulative: Wei; readonly signer: string | null } | null): readonly PayerOutput[] {
    if (highest && highest.signer !== this.#config.signer) {
      const error = new WarrenError(
        'proof_invalid',
        'The node showed a payment that this wallet never signed.',
        'Choose another node.',
      );
      return this.#dispute(error);
    }
    const held = larger(highest?.cumulative ?? 0n, this.#config.claimed);
    this.#base ??= held;
    this.#paid = held;
    this.#highestSigned = larger(this.#highestSigned, held);
    this.#go('recovered');
    return this.#pay();
  }

  #onCounters(rxBytes: ByteCount, txBytes: ByteCount): readonly PayerOutput[] {
    this.#rxBytes = Math.max(this.#rxBytes, rxBytes);
    this.#txBytes = Math.max(this.#txBytes, txBytes);
    // The receipt is older than these counters: whatever had arrived by then, we had sent by now.
    if (this.#receivedByProvider > this.#txBytes * (1 + TOLERANCE_RATIO) + TOLERANCE_BYTES) {
      const error = new WarrenError(
        'metering_disputed',
        `The node bills ${this.#receivedByProvider} bytes of upload, but only ${this.#txBytes} were sent.`,
        'Choose another node.',
      );
      return this.#dispute(error);
    }
    return this.#pay();
  }

  #onSigned(cumulative: Wei, signature: Uint8Array): readonly PayerOutput[] {
    if (this.#phase !== 'signing' || cumulative !== this.#highestSigned) return [];
    this.#go('signed');
    this.#paid = cumulative;
    const proof = { cumulative, signature };
    return [
      { type: 'persist', cumulative },
      { type: 'send', proof, rxBytes: this.#rxBytes },
      ...this.#low(),
      ...this.#pay(),
    ];
  }

  #onDeposit(deposit: Wei): readonly PayerOutput[] {
    if (deposit <= this.#deposit) return [];
    this.#deposit = deposit;
    this.#toldLow = false;
    this.#go('topUp');
    return this.#pay();
  }

  /**
   * One megabyte ahead, whenever the last one is used up. What passes until that proof has arrived is
   * on the provider's credit (payee.ts): money paid ahead is lost to the user when the session ends.
   */
  #pay(): readonly PayerOutput[] {
    const base = this.#base;
    if (base === null || this.#stopped || this.#phase !== 'paying') return [];
    const { pricePerMB } = this.#config;
    const used = this.#received + Math.min(this.#receivedByProvider, this.#txBytes);
    if (bytesFor(this.#paid - base, pricePerMB) - used > 0) return [];
    const wanted = larger(base + costOf(used + MEGABYTE, pricePerMB), this.#highestSigned);
    const cumulative = smaller(wanted, this.#deposit);
    if (cumulative <= this.#paid || cumulative < this.#highestSigned) {
      this.#go('empty');
      return this.#low();
    }
    this.#go('sign');
    // From here on the amount counts as given away, whether or not the signature comes back.
    this.#highestSigned = cumulative;
    return [{ type: 'sign', cumulative }];
  }

  #low(): readonly PayerOutput[] {
    const remaining = this.#deposit - this.#highestSigned;
    if (this.#toldLow || remaining > costOf(LOW_WATER_BYTES, this.#config.pricePerMB)) return [];
    this.#toldLow = true;
    return [{ type: 'exhausted', remaining: larger(remaining, 0n) }];
  }

  #dispute(error: WarrenError): readonly PayerOutput[] {
    this.#go('dispute');
    return [{ type: 'disputed', error }];
  }

  #go(event: PayerEvent): void {
    this.#phase = PAYER_TRANSITIONS[this.#phase][event] ?? this.#phase;
  }
}
