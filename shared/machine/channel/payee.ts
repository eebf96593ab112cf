/**
 * The provider's till for one session: keeps the highest proof, tells the gate when more has passed
 * than was paid for, and sends receipts. A proof is judged before it is stored, and stored before
 * anything is granted for it.
 */
import { type ErrorCode, WarrenError } from '../../base/errors.ts';
import { type ByteCount, larger, MEGABYTE, type Ms, type Wei } from '../../base/units.ts';
import type { SignedProof } from '../../effects.ts';
import type { Deadline, Machine, Tick } from '../machine.ts';
import { bytesFor } from './amounts.ts';
import { type PayeeConfig, type PayeeInput, type PayeeOutput, TOLERANCE_BYTES, TOLERANCE_RATIO } from './api.ts';
import { Flow } from './flow.ts';
import { PAYEE_TRANSITIONS, type PayeeEvent, type PayeePhase } from './transitions.ts';

/** Less than this is no flow: a receipt and its acknowledgement would call for the next one. */
export const FLOW_BYTES: ByteCount = 8_192;
/** While bytes flow, a receipt goes out at least this often … */
export const RECEIPT_EVERY_MS: Ms = 1_000;
/** … and as soon as the client has sent this much more, since it pays its upload by receipts. */
export const RECEIPT_EVERY_BYTES: ByteCount = 262_144;
/** A debt is carried into the channel's next session up to here: it must leave room for a first proof. */
export const MAX_CARRIED_BYTES: ByteCount = 900_000;

export class Payee implements Machine<PayeeInput, PayeeOutput> {
  readonly #config: PayeeConfig;
  readonly #flow: Flow;
  readonly #base: Wei;
  readonly #carried: ByteCount;
  #phase: PayeePhase = 'open';
  #gateOpen = true;
  #highest: SignedProof | null;
  #deposit: Wei;
  #rxBytes: ByteCount = 0;
  #txBytes: ByteCount = 0;
  #receivedByClient: ByteCount = 0;
  /** Sent bytes that the client, at its last proof, had not received: lost, or still under way. */
  #forgiven: ByteCount = 0;
  #receipt: { at: Ms; rxBytes: ByteCount; txBytes: ByteCount } | null = null;

  constructor(config: PayeeConfig) {
    this.#config = config;
    this.#flow = new Flow(config.roundTripMs);
    this.#highest = config.highest;
    this.#base = larger(config.highest?.cumulative ?? 0n, config.claimed);
    this.#carried = Math.min(Math.max(0, config.unpaidBytes), MAX_CARRIED_BYTES);
    this.#deposit = config.deposit;
    if (config.closeAt !== 0) this.#go('closeRequested');
  }

  get phase(): PayeePhase {
    return this.#phase;
  }

  get highest(): SignedProof | null {
    return this.#highest;
  }

  /** What passed and was not paid; keep it for the channel's next session. */
  get unpaidBytes(): ByteCount {
    return Math.min(Math.max(0, Math.ceil(this.#used - this.#paidBytes)), MAX_CARRIED_BYTES);
  }

  handle(input: PayeeInput | Tick, now: Ms): readonly PayeeOutput[] {
    switch (input.type) {
      case 'proof':
        return this.#onProof(input.proof, input.signer, input.rxBytes, now);
      case 'counters':
        return this.#onCounters(input.rxBytes, input.txBytes, now);
      case 'roundTrip':
        this.#flow.roundTripMs = input.ms;
        return [];
      case 'channel':
        this.#deposit = input.deposit;
        this.#go(input.closeAt === 0 ? 'closeCancelled' : 'closeRequested');
        return this.#settle();
      case 'tick':
        return this.#receiptAt !== null && now >= this.#receiptAt ? [this.#giveReceipt(now)] : [];
    }
  }

  deadline(): Deadline | null {
    return this.#receiptAt === null ? null : { at: this.#receiptAt, why: 'a receipt is due' };
  }

  #onProof(proof: SignedProof, signer: string | null, rxBytes: ByteCount, now: Ms): readonly PayeeOutput[] {
    // Also a repeat is verified first: an unverified number is worth nothing, not even as a duplicate.
    if (signer !== this.#config.signer)
      return refuse(
        'proof_invalid',
        "The proof is not signed by the channel's signer.",
        'Sign with the channel signer.',
      );
    const held = larger(this.#highest?.cumulative ?? 0n, this.#config.claimed);
    if (proof.cumulative < held)
      return refuse('proof_too_low', `A proof over ${held} wei is held already.`, 'Go on from the highest proof.');
    if (proof.cumulative > this.#deposit)
      return refuse('channel_unfunded', 'The proof is above the deposit.', 'Top up the channel.');
    if (this.#phase === 'closing')
      return [
        ...refuse('channel_closing', 'The channel is being closed.', 'Top it up or open another.'),
        ...this.#settle(),
      ];
    this.#receivedByClient = Math.max(this.#receivedByClient, rxBytes);
    const missing = Math.max(0, this.#txBytes - this.#receivedByClient);
    this.#forgiven = Math.min(missing, this.#txBytes * TOLERANCE_RATIO + TOLERANCE_BYTES);
    const outputs: PayeeOutput[] = [];
    if (proof.cumulative > held) {
      this.#highest = proof;
      outputs.push({ type: 'persist', proof });
    }
    return [...outputs, ...this.#settle(), this.#giveReceipt(now)];
  }

  #onCounters(rxBytes: ByteCount, txBytes: ByteCount, now: Ms): readonly PayeeOutput[] {
    this.#rxBytes = Math.max(this.#rxBytes, rxBytes);
    this.#txBytes = Math.max(this.#txBytes, txBytes);
    this.#flow.sample(this.#rxBytes + this.#txBytes, now);
    const unreported = this.#rxBytes - (this.#receipt?.rxBytes ?? 0);
    const receipt = unreported >= RECEIPT_EVERY_BYTES ? [this.#giveReceipt(now)] : [];
    // The first bytes start the second after which they are reported.
    this.#receipt ??= { at: now, rxBytes: 0, txBytes: 0 };
    // Once shut, only money opens the gate: the window, which a late sample widens, is no payment.
    return [...(this.#phase === 'gated' ? [] : this.#settle()), ...receipt];
  }

  /** What the client must pay for; what passed since its last report counts in full. */
  get #used(): ByteCount {
    return this.#carried + this.#rxBytes + this.#txBytes - this.#forgiven;
  }

  get #paidBytes(): ByteCount {
    const held = larger(this.#highest?.cumulative ?? 0n, this.#base);
    return bytesFor(held - this.#base, this.#config.pricePerMB);
  }

  /** Brings the gate to where the books say it belongs. */
  #settle(): readonly PayeeOutput[] {
    const paid = this.#paidBytes;
    // Credit for data under way never exceeds what this session has paid: a stranger gets one megabyte.
    const credit = MEGABYTE + Math.min(this.#flow.window, paid);
    this.#go(this.#used > paid + credit ? 'overrun' : 'paid');
    const open = this.#phase === 'open';
    if (open === this.#gateOpen) return [];
    this.#gateOpen = open;
    return [{ type: 'gate', open, error: open ? null : this.#gateError() }];
  }

  #gateError(): WarrenError {
    if (this.#phase === 'closing')
      return new WarrenError('channel_closing', 'The channel is being closed.', 'Top it up or open another.');
    if (this.#config.pricePerMB > this.#deposit - larger(this.#highest?.cumulative ?? 0n, this.#base))
      return new WarrenError('channel_unfunded', 'The deposit is used up.', 'Top up the channel.');
    return new WarrenError(
      'payment_stopped',
      'The node waits to be paid for what has passed.',
      'Connect anew, or raise the deposit.',
    );
  }

  get #receiptAt(): Ms | null {
    const last = this.#receipt;
    if (!last || this.#rxBytes + this.#txBytes - last.rxBytes - last.txBytes < FLOW_BYTES) return null;
    return last.at + RECEIPT_EVERY_MS;
  }

  #giveReceipt(now: Ms): PayeeOutput {
    this.#receipt = { at: now, rxBytes: this.#rxBytes, txBytes: this.#txBytes };
    const accepted = larger(this.#highest?.cumulative ?? 0n, this.#base);
    return { type: 'receipt', accepted, rxBytes: this.#rxBytes, txBytes: this.#txBytes };
  }

  #go(event: PayeeEvent): void {
    this.#phase = PAYEE_TRANSITIONS[this.#phase][event] ?? this.#phase;
  }
}

function refuse(code: ErrorCode, message: string, action: string): readonly PayeeOutput[] {
  return [{ type: 'refuse', error: new WarrenError(code, message, action) }];
}
