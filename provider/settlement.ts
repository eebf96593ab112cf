/**
 * Turns proofs into tokens: asks the policy (shared/machine/settlement.ts) when, and carries the batches to
 * the chain. One transaction at a time. What was paid is what the chain says, never what was asked for: a claim
 * counts as settled at the profile's depth, and one that vanished in a reorganisation is owed again. An RPC that
 * is down costs nothing but time: the book keeps the proofs and the next round tries again.
 */
import type { Hex } from '../shared/base/bytes.ts';
import { asWarrenError, WarrenError } from '../shared/base/errors.ts';
import type { Address, Ms, Wei } from '../shared/base/units.ts';
import type {
  ChannelOnChain,
  ChannelParties,
  Clock,
  LedgerReader,
  LedgerWriter,
  Unsubscribe,
} from '../shared/effects.ts';
import { decideSettlement, type Owed, type SettlementBatch } from '../shared/machine/settlement.ts';
import type { Settlement } from './dashboard/status.ts';
import type { Log } from './log.ts';
import { type Debt, owed, type ProofBook } from './proofs.ts';

export interface SettlementOptions {
  readonly book: ProofBook;
  readonly reader: LedgerReader;
  readonly writer: LedgerWriter;
  readonly clock: Clock;
  readonly log: Log;
  /** What one unit of gas costs in token wei, given the chain's fee in coin wei. */
  readonly tokenPerGas: (maxFeePerGas: Wei) => Wei;
  readonly onLedger: (reachable: boolean) => void;
  /** Tokens that came; negative: a claim that a reorganisation took back. */
  readonly onClaimed: (amount: Wei) => void;
  /** Whom the channels pay: the writer's own account, or a cold one, for which it may claim but not close. */
  readonly payee: Address;
}

export interface Settlements {
  readonly history: readonly Settlement[];
  readonly claimed: Wei;
  /** A higher proof is in the book. */
  onProof(parties: ChannelParties): void;
  /** The payer gave notice: claim at once. */
  onCloseRequested(id: Hex, closeAt: number): void;
  /** Cooperative close with the highest proof. @throws WarrenError of the ledger. */
  close(parties: ChannelParties): Promise<{ readonly transaction: Hex; readonly claimed: Wei; readonly refunded: Wei }>;
  /** Claims whatever is worth its gas, for the end of the process. Never throws. */
  claimAll(): Promise<void>;
  stop(): void;
}

const ROUND_MS: Ms = 60_000;
const FIRST_RETRY_MS: Ms = 5_000;
const MAX_HISTORY = 100;

export function startSettlements(options: SettlementOptions): Settlements {
  const { book, reader, writer, clock, log } = options;
  const history: Settlement[] = [];
  /** What the chain last said; absent for a channel not read yet. */
  const seen = new Map<Hex, { readonly deposit: Wei; readonly closeAt: number }>();
  let claimed: Wei = 0n;
  let failures = 0;
  let stopped = false;
  let cancel: Unsubscribe = () => {};
  let dueAt = Number.POSITIVE_INFINITY;
  let queue: Promise<unknown> = Promise.resolve();

  /** One after the other: a close must not cross a claim of the same proof. */
  function next<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work);
    queue = result.catch(() => {});
    return result;
  }

  function record(entry: Omit<Settlement, 'at'>): void {
    history.unshift({ at: clock.now(), ...entry });
    history.splice(MAX_HISTORY);
  }

  function remember(debt: Debt, channel: ChannelOnChain): void {
    seen.set(debt.id, { deposit: channel.deposit, closeAt: channel.closeAt });
    const before = book.find(debt.parties).claimed;
    book.saveOnChain(debt.parties, channel.claimed, channel.settledClaimed ?? channel.claimed);
    const lost = before - book.find(debt.parties).claimed;
    if (lost <= 0n) return;
    claimed = claimed > lost ? claimed - lost : 0n;
    options.onClaimed(-lost);
    const error = 'A claim vanished in a reorganisation of the chain; it is made again.';
    record({ kind: 'failed', channels: 1, amount: String(lost), transaction: null, error });
    log.warn({ lost: String(lost) }, 'a claim vanished in a reorganisation');
  }

  async function look(debts: readonly Debt[]): Promise<void> {
    await Promise.all(debts.map(async (debt) => remember(debt, await reader.channel(debt.parties))));
  }

  function owedOf(debt: Debt): Owed {
    const signed = debt.highest?.cumulative ?? 0n;
    const { deposit = signed, closeAt = 0 } = seen.get(debt.id) ?? {};
    return { id: debt.id, signed, claimed: debt.claimed, deposit, closeAt };
  }

  /** More was signed than the deposit covered when last seen: only another look shows a top-up. */
  function isCapped(debt: Debt): boolean {
    return (debt.highest?.cumulative ?? 0n) > (seen.get(debt.id)?.deposit ?? Number.POSITIVE_INFINITY);
  }

  async function round(shutdown: boolean): Promise<void> {
    // Nothing owed: the chain is left in peace.
    const stale = new Set([...book.unsettled(), ...book.unclaimed().filter(isCapped)]);
    await look([...stale]);
    if (stale.size > 0) options.onLedger(true);
    if (book.unclaimed().length === 0) return;
    const { maxFeePerGas } = await reader.account(writer.account);
    const costs = { tokenPerGas: options.tokenPerGas(maxFeePerGas) };
    const decide = () => decideSettlement(book.unclaimed().map(owedOf), costs, { shutdown });
    const wanted = decide().flatMap((batch) => batch.ids);
    await look(wanted.flatMap((id) => book.byId(id as Hex) ?? []));
    for (const batch of decide()) await claim(batch);
    options.onLedger(true);
  }

  async function claim(batch: SettlementBatch): Promise<void> {
    const debts = batch.ids.flatMap((id) => book.byId(id as Hex) ?? []);
    const items = debts.flatMap(({ parties, highest }) => (highest ? [{ payer: parties.payer, ...highest }] : []));
    const { transaction, total, gasUsed } = await writer.claim(options.payee, items);
    claimed += total;
    options.onClaimed(total);
    record({ kind: 'claim', channels: debts.length, amount: String(total), transaction, error: null });
    log.info(
      { channels: debts.length, total: String(total), gasUsed: String(gasUsed), reason: batch.reason },
      'claimed',
    );
    // The deposit may have capped a proof, or the contract skipped it: only the chain knows what each one brought.
    await look(debts);
  }

  async function attempt(shutdown: boolean): Promise<void> {
    try {
      await next(() => round(shutdown));
      failures = 0;
    } catch (thrown) {
      const error = asWarrenError(thrown);
      failures++;
      if (error.code === 'ledger_unreachable') options.onLedger(false);
      else record({ kind: 'failed', channels: 0, amount: '0', transaction: null, error: error.message });
      log.warn({ code: error.code, reason: error.message }, 'claim failed, the proofs are kept');
    }
  }

  /** The earlier of two wishes wins: a notice must not wait for the round after the one under way. */
  function schedule(delay: Ms): void {
    const at = clock.now() + delay;
    if (stopped || at >= dueAt) return;
    cancel();
    dueAt = at;
    cancel = clock.after(delay, async () => {
      dueAt = Number.POSITIVE_INFINITY;
      await attempt(false);
      schedule(failures === 0 ? ROUND_MS : Math.min(ROUND_MS, FIRST_RETRY_MS * 2 ** (failures - 1)));
    });
  }
  schedule(ROUND_MS);

  return {
    history,
    get claimed() {
      return claimed;
    },
    onProof(parties) {
      const debt = book.find(parties);
      // Notice was given and this proof came after our claim: it has to be claimed before the payer's end.
      if ((seen.get(debt.id)?.closeAt ?? 0) !== 0) schedule(0);
    },
    onCloseRequested(id, closeAt) {
      const debt = book.byId(id);
      if (!debt || owed(debt) === 0n) return;
      const deposit = seen.get(id)?.deposit ?? debt.highest?.cumulative ?? 0n;
      seen.set(id, { deposit, closeAt });
      schedule(0);
    },
    close(parties) {
      return next(async () => {
        if (options.payee !== writer.account) throw keyIsCold();
        const debt = book.find(parties);
        const last = owed(debt) > 0n ? debt.highest : null;
        const result = await writer.close(parties.payer, parties.signer, last);
        const gained = result.claimed > debt.claimed ? result.claimed - debt.claimed : 0n;
        claimed += gained;
        options.onClaimed(gained);
        book.saveClaimed(parties, result.claimed);
        seen.delete(debt.id);
        record({ kind: 'close', channels: 1, amount: String(gained), transaction: result.transaction, error: null });
        log.info({ claimed: String(gained), refunded: String(result.refunded) }, 'channel closed');
        return result;
      });
    },
    async claimAll() {
      await attempt(true);
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}

function keyIsCold(): WarrenError {
  return new WarrenError(
    'transaction_failed',
    'This node keeps its identity key elsewhere and cannot hand the rest of a deposit back by itself.',
    'Close the channel from the wallet: the rest is yours after the notice.',
  );
}
