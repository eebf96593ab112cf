/** Both machines face to face over a link with a rate and a delay, with real signatures between them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { address, MEGABYTE, type Ms } from '../../../shared/base/units.ts';
import type { SignedProof } from '../../../shared/effects.ts';
import type { PayeeInput, PayeeOutput, PayerInput } from '../../../shared/machine/channel/api.ts';
import { Payee } from '../../../shared/machine/channel/payee.ts';
import { Payer } from '../../../shared/machine/channel/payer.ts';
import { nodeCrypto } from '../../../shared/node/crypto.ts';
import { addressOf, recoverAddress, sign } from '../../../shared/node/secp256k1.ts';
import { proofDigest } from '../../../shared/wire/proof.ts';

const MB = MEGABYTE;
const PRICE = 50_000_000_000_000n;
const KEY = nodeCrypto.sha256(Uint8Array.of(1));
const SIGNER = addressOf(KEY);
const DOMAIN = { chainId: 31337, channels: address(`0x${'c1'.repeat(20)}`) };
const PARTIES = { payer: address(`0x${'aa'.repeat(20)}`), payee: address(`0x${'bb'.repeat(20)}`) };

const digest = (cumulative: bigint) => proofDigest(DOMAIN, { ...PARTIES, cumulative });

function recover(proof: SignedProof) {
  try {
    return recoverAddress(digest(proof.cumulative), proof.signature);
  } catch {
    return null;
  }
}

interface Link {
  readonly bytesPerSecond: number;
  readonly roundTripMs: Ms;
  /** How the provider multiplies what it received before it tells. */
  readonly overcount?: number;
  readonly upload?: boolean;
  /** What the client does to a proof before it is sent; null keeps it back. */
  readonly bend?: (proof: SignedProof, n: number) => SignedProof | null;
}

/** Runs a transfer for so long, looking at the counters every 100 ms. */
function transfer(link: Link, seconds: number) {
  const payer = new Payer({
    signer: SIGNER,
    pricePerMB: PRICE,
    deposit: 10_000n * PRICE,
    claimed: 0n,
    highestSigned: 0n,
  });
  const payee = new Payee({
    signer: SIGNER,
    pricePerMB: PRICE,
    highest: null,
    deposit: 10_000n * PRICE,
    claimed: 0n,
    closeAt: 0,
    unpaidBytes: 0,
    roundTripMs: link.roundTripMs,
  });
  const seen = { passed: 0, gatedMs: 0, proofs: 0, refused: [] as string[], disputed: [] as string[], mostUnpaid: 0 };
  const mail: { at: Ms; run: () => void }[] = [];
  let now = 0;
  const later = (run: () => void) => mail.push({ at: now + link.roundTripMs / 2, run });
  const toPayer = (input: PayerInput) => {
    for (const output of payer.handle(input, now)) {
      if (output.type === 'sign') {
        const { cumulative } = output;
        toPayer({ type: 'signed', cumulative, signature: sign(digest(cumulative), KEY) });
      } else if (output.type === 'disputed') seen.disputed.push(output.error.code);
      else if (output.type === 'send') {
        const proof = link.bend ? link.bend(output.proof, seen.proofs) : output.proof;
        seen.proofs++;
        if (proof) later(() => toPayee({ type: 'proof', proof, signer: recover(proof), rxBytes: output.rxBytes }));
      }
    }
  };
  const toPayee = (input: PayeeInput | { type: 'tick' }) => handle(payee.handle(input, now));
  const handle = (outputs: readonly PayeeOutput[]) => {
    for (const output of outputs) {
      if (output.type === 'refuse') seen.refused.push(output.error.code);
      if (output.type !== 'receipt') continue;
      const receipt = { ...output, rxBytes: output.rxBytes * (link.overcount ?? 1) };
      later(() => toPayer(receipt));
    }
  };
  toPayer({ type: 'recovered', highest: null });
  for (; now < seconds * 1000; now += 10) {
    for (const letter of mail.splice(0)) letter.at <= now ? letter.run() : mail.push(letter);
    if (payee.phase === 'open') seen.passed += link.bytesPerSecond / 100;
    else seen.gatedMs += 10;
    const [up, down] = link.upload ? [seen.passed, 0] : [0, seen.passed];
    if (now % 100 === 0) toPayer({ type: 'counters', rxBytes: down, txBytes: up });
    if (now % 100 === 50) toPayee({ type: 'counters', rxBytes: up, txBytes: down });
    if ((payee.deadline()?.at ?? Number.POSITIVE_INFINITY) <= now) toPayee({ type: 'tick' });
    const paid = Number(((payee.highest?.cumulative ?? 0n) * BigInt(MB)) / PRICE);
    seen.mostUnpaid = Math.max(seen.mostUnpaid, seen.passed - paid);
  }
  return { ...seen, paidMB: Number((payee.highest?.cumulative ?? 0n) / PRICE) };
}

describe('an honest client', () => {
  test.each([
    { bytesPerSecond: 0.2 * MB, roundTripMs: 40, upload: false },
    { bytesPerSecond: 2.5 * MB, roundTripMs: 200, upload: false },
    { bytesPerSecond: 12 * MB, roundTripMs: 30, upload: false },
    { bytesPerSecond: 2 * MB, roundTripMs: 50, upload: true },
  ])('is never gated at $bytesPerSecond B/s over $roundTripMs ms (upload: $upload)', (link) => {
    const seen = transfer(link, 10);
    expect(seen).toMatchObject({ gatedMs: 0, refused: [], disputed: [] });
    expect(seen.paidMB).toBeGreaterThanOrEqual(Math.floor(seen.passed / MB) - 1);
    expect(seen.proofs).toBeLessThanOrEqual(seen.passed / MB + 3);
  });
});

describe('a line that is fast from its first byte', () => {
  test('waits once for the proofs to catch up, and then never again', () => {
    const link = { bytesPerSecond: 100 * MB, roundTripMs: 4 };
    const [first, longer] = [transfer(link, 2), transfer(link, 8)];
    expect(first.gatedMs).toBeLessThanOrEqual(300);
    expect(longer.gatedMs).toBe(first.gatedMs);
    expect(longer.disputed).toEqual([]);
  });
});

describe('a client that stops paying', () => {
  test('has no more than a megabyte and what was under way', () => {
    const link = { bytesPerSecond: 2.5 * MB, roundTripMs: 50 };
    const seen = transfer({ ...link, bend: (proof, n) => (n < 5 ? proof : null) }, 10);
    // Under way: two round trips and one look at 2.5 MB/s, and the look that finds it out.
    expect(seen.mostUnpaid).toBeLessThanOrEqual(MB + 2.5 * MB * (0.1 + 0.1 + 0.1));
    expect(seen.gatedMs).toBeGreaterThan(5000);
  });

  test('from the first byte on has one megabyte and one look', () => {
    const seen = transfer({ bytesPerSecond: 2.5 * MB, roundTripMs: 50, bend: () => null }, 5);
    expect(seen.passed).toBeLessThanOrEqual(MB + 0.1 * 2.5 * MB);
  });
});

describe('a replayer', () => {
  test('that sends its first proof over and over gets what that one paid for', () => {
    let first: SignedProof | null = null;
    const bend = (proof: SignedProof) => {
      first ??= proof;
      return first;
    };
    const seen = transfer({ bytesPerSecond: MB, roundTripMs: 50, bend }, 10);
    expect(seen.paidMB).toBe(1);
    expect(seen.passed).toBeLessThanOrEqual(2 * MB + 0.5 * MB);
  });
});

describe('a bit-flipper', () => {
  test('pays nothing with any flipped bit of the signature or the amount', () => {
    const proof = { cumulative: 3n * PRICE, signature: sign(digest(3n * PRICE), KEY) };
    expect(recover(proof)).toBe(SIGNER);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 511 }), (bit) => {
        const signature = proof.signature.slice();
        signature[bit >> 3] = (signature[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(recover({ ...proof, signature })).not.toBe(SIGNER);
        expect(recover({ ...proof, cumulative: proof.cumulative ^ (1n << BigInt(bit % 90)) })).not.toBe(SIGNER);
      }),
      { numRuns: 150 },
    );
  });

  test('is refused each time and gated', () => {
    const bend = (proof: SignedProof, n: number) => {
      const signature = proof.signature.slice();
      signature[n % 64] = (signature[n % 64] as number) ^ 1;
      return { ...proof, signature };
    };
    const seen = transfer({ bytesPerSecond: MB, roundTripMs: 50, bend }, 5);
    expect(new Set(seen.refused)).toEqual(new Set(['proof_invalid']));
    expect(seen.passed).toBeLessThanOrEqual(1.2 * MB);
  });
});

describe('an over-counting provider', () => {
  test('is found out while it bills a tenth too much', () => {
    const seen = transfer({ bytesPerSecond: 2 * MB, roundTripMs: 50, upload: true, overcount: 1.1 }, 10);
    expect(seen.disputed).toEqual(['metering_disputed']);
  });

  test('gets nothing for what lies within the tolerance either', () => {
    const link = { bytesPerSecond: 2 * MB, roundTripMs: 50, upload: true };
    const [honest, greedy] = [transfer(link, 10), transfer({ ...link, overcount: 1.02 }, 10)];
    expect(greedy.disputed).toEqual([]);
    expect(greedy.paidMB - honest.paidMB).toBeLessThanOrEqual(1);
  });
});
