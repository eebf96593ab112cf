/**
 * The book of debts: for each channel the highest proof that we hold, what was claimed of it, and what
 * passed unpaid at the end of the last session. In memory, and before anything is granted in the
 * journal, so that a crash of this process loses nothing. It asks no chain and grants nothing.
 */
import * as v from 'valibot';
import { fromHex, type Hex, toHex } from '../shared/base/bytes.ts';
import { type ByteCount, larger, type Wei } from '../shared/base/units.ts';
import type { ChannelParties, SignedProof } from '../shared/effects.ts';
import { channelId } from '../shared/wire/proof.ts';
import { AddressSchema, CountSchema, HexSchema, WeiSchema } from '../shared/wire/schema.ts';

export interface Debt {
  readonly id: Hex;
  readonly parties: ChannelParties;
  readonly highest: SignedProof | null;
  /** Cumulative, as far as we know the chain's newest block. */
  readonly claimed: Wei;
  /** The part of `claimed` that no reorganisation takes back. */
  readonly settled: Wei;
  readonly unpaidBytes: ByteCount;
}

/** Appends one line that must survive a crash of the process; `replace` rewrites the whole. */
export interface LineStore {
  load(): readonly string[];
  append(line: string): void;
  replace(lines: readonly string[]): void;
}

const EntrySchema = v.object({
  payer: AddressSchema,
  signer: AddressSchema,
  payee: AddressSchema,
  highest: v.nullable(v.object({ cumulative: WeiSchema, signature: HexSchema(64) })),
  claimed: WeiSchema,
  settled: v.optional(WeiSchema, '0'),
  unpaidBytes: CountSchema,
});

/** Lines in the journal before it is rewritten with one line a channel. */
const COMPACT_AT = 20_000;
/** Channels remembered with nothing to claim (for their unpaid bytes); the oldest go first. */
const MAX_SETTLED = 10_000;

export class ProofBook {
  readonly #store: LineStore;
  readonly #debts = new Map<Hex, Debt>();
  #lines = 0;

  constructor(store: LineStore) {
    this.#store = store;
    for (const line of store.load()) {
      const debt = parseDebt(line);
      if (debt) this.#debts.set(debt.id, debt);
      this.#lines++;
    }
  }

  find(parties: ChannelParties): Debt {
    const id = channelId(parties);
    return this.#debts.get(id) ?? { id, parties, highest: null, claimed: 0n, settled: 0n, unpaidBytes: 0 };
  }

  byId(id: Hex): Debt | null {
    return this.#debts.get(id) ?? null;
  }

  /** Channels whose highest proof is worth more than what was claimed. */
  unclaimed(): readonly Debt[] {
    return [...this.#debts.values()].filter((debt) => owed(debt) > 0n);
  }

  /** Channels with a claim that a reorganisation may still take back. */
  unsettled(): readonly Debt[] {
    return [...this.#debts.values()].filter((debt) => debt.settled < debt.claimed);
  }

  saveProof(parties: ChannelParties, highest: SignedProof): void {
    this.#save({ ...this.find(parties), highest });
  }

  saveClaimed(parties: ChannelParties, claimed: Wei): void {
    const debt = this.find(parties);
    if (claimed > debt.claimed) this.#save({ ...debt, claimed });
  }

  /** What the chain says now: a claim that vanished in a reorganisation is owed again, a settled one never. */
  saveOnChain(parties: ChannelParties, claimed: Wei, settled: Wei): void {
    const debt = this.find(parties);
    const kept = larger(debt.settled, settled);
    const next = { ...debt, claimed: larger(claimed, kept), settled: kept };
    if (next.claimed !== debt.claimed || next.settled !== debt.settled) this.#save(next);
  }

  saveUnpaid(parties: ChannelParties, unpaidBytes: ByteCount): void {
    const debt = this.find(parties);
    if (unpaidBytes !== debt.unpaidBytes) this.#save({ ...debt, unpaidBytes });
  }

  #save(debt: Debt): void {
    this.#store.append(lineOf(debt));
    this.#debts.delete(debt.id);
    this.#debts.set(debt.id, debt);
    if (++this.#lines >= COMPACT_AT) this.#compact();
  }

  #compact(): void {
    const done = (debt: Debt) => owed(debt) === 0n && debt.settled === debt.claimed;
    let settled = [...this.#debts.values()].filter(done).length;
    for (const [id, debt] of this.#debts) {
      if (settled <= MAX_SETTLED) break;
      if (done(debt) && this.#debts.delete(id)) settled--;
    }
    this.#store.replace([...this.#debts.values()].map(lineOf));
    this.#lines = this.#debts.size;
  }
}

/** What a claim of this channel would bring, as far as its deposit covers it. */
export function owed(debt: Debt): Wei {
  const signed = debt.highest?.cumulative ?? 0n;
  return signed > debt.claimed ? signed - debt.claimed : 0n;
}

function lineOf({ parties, highest, claimed, settled, unpaidBytes }: Debt): string {
  return JSON.stringify({
    ...parties,
    highest: highest && { cumulative: String(highest.cumulative), signature: toHex(highest.signature) },
    claimed: String(claimed),
    settled: String(settled),
    unpaidBytes,
  });
}

/** Null for a line that a crash cut in half: the one before it for this channel then counts. */
function parseDebt(line: string): Debt | null {
  try {
    const { payer, signer, payee, highest, claimed, settled, unpaidBytes } = v.parse(EntrySchema, JSON.parse(line));
    const parties = { payer, signer, payee };
    const proof = highest && { cumulative: highest.cumulative, signature: fromHex(highest.signature) };
    return { id: channelId(parties), parties, highest: proof, claimed, settled, unpaidBytes };
  } catch {
    return null;
  }
}
