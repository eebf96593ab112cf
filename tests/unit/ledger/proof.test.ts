/** EIP-712 and the wire form of proofs, with viem as the oracle. */
import fc from 'fast-check';
import { encodeAbiParameters, hashTypedData, keccak256, domainSeparator as viemDomainSeparator } from 'viem';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../../shared/base/bytes.ts';
import { type Address, address } from '../../../shared/base/units.ts';
import {
  channelId,
  closeDigest,
  decodeProof,
  decodeSignature,
  domainSeparator,
  encodeProof,
  encodeSignature,
  MAX_CUMULATIVE,
  type OpenMessage,
  openDigest,
  PROOF_BYTES,
  proofDigest,
  proofItem,
} from '../../../shared/wire/proof.ts';

const addresses = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes): Address => address(toHex(bytes)));
const amounts = fc.bigInt({ min: 0n, max: MAX_CUMULATIVE });
const domains = fc.record({ chainId: fc.integer({ min: 1, max: 2 ** 40 }), channels: addresses });
const signatures = fc.uint8Array({ minLength: 64, maxLength: 64 });

const typedDomain = (domain: { chainId: number; channels: Address }) => ({
  name: 'HermeChannels',
  version: '1',
  chainId: domain.chainId,
  verifyingContract: domain.channels,
});

test('the proof digest is the one of EIP-712 for any domain, party and amount', () => {
  fc.assert(
    fc.property(domains, addresses, addresses, amounts, (domain, payer, payee, cumulative) => {
      const expected = hashTypedData({
        domain: typedDomain(domain),
        primaryType: 'Proof',
        types: {
          Proof: [
            { name: 'payer', type: 'address' },
            { name: 'payee', type: 'address' },
            { name: 'cumulative', type: 'uint96' },
          ],
        },
        message: { payer, payee, cumulative },
      });
      expect(toHex(proofDigest(domain, { payer, payee, cumulative }))).toBe(expected);
    }),
  );
});

test('the close digest is the one of EIP-712', () => {
  const ids = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
  const uint = (max: number) => fc.integer({ min: 0, max });
  const claimedAmounts = fc.bigInt({ min: 0n, max: 2n ** 88n - 1n });
  fc.assert(
    fc.property(
      domains,
      ids,
      uint(2 ** 24 - 1),
      claimedAmounts,
      uint(2 ** 40),
      (domain, id, epoch, claimed, deadline) => {
        const expected = hashTypedData({
          domain: typedDomain(domain),
          primaryType: 'Close',
          types: {
            Close: [
              { name: 'channelId', type: 'bytes32' },
              { name: 'epoch', type: 'uint24' },
              { name: 'claimed', type: 'uint88' },
              { name: 'deadline', type: 'uint64' },
            ],
          },
          message: { channelId: id, epoch, claimed, deadline: BigInt(deadline) },
        });
        expect(toHex(closeDigest(domain, { channelId: id, epoch, claimed, deadline }))).toBe(expected);
      },
    ),
  );
});

const uints = (bits: bigint) => fc.bigInt({ min: 0n, max: 2n ** bits - 1n });
const openings: fc.Arbitrary<OpenMessage> = fc.record({
  payer: addresses,
  payee: addresses,
  signer: addresses,
  amount: uints(88n),
  grace: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
  nonce: uints(256n),
  deadline: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  relayer: addresses,
  maxFee: uints(88n),
});

test('the open digest is the one of EIP-712', () => {
  fc.assert(
    fc.property(domains, openings, (domain, open) => {
      const expected = hashTypedData({
        domain: typedDomain(domain),
        primaryType: 'Open',
        types: {
          Open: [
            { name: 'payer', type: 'address' },
            { name: 'payee', type: 'address' },
            { name: 'signer', type: 'address' },
            { name: 'amount', type: 'uint88' },
            { name: 'grace', type: 'uint16' },
            { name: 'nonce', type: 'uint256' },
            { name: 'deadline', type: 'uint64' },
            { name: 'relayer', type: 'address' },
            { name: 'maxFee', type: 'uint88' },
          ],
        },
        message: { ...open, deadline: BigInt(open.deadline) },
      });
      expect(toHex(openDigest(domain, open))).toBe(expected);
    }),
  );
});

test('an opening with a number that does not fit its field is never signed', () => {
  const one = address(`0x${'01'.repeat(20)}`);
  const domain = { chainId: 1, channels: one };
  const good = {
    payer: one,
    payee: one,
    signer: one,
    relayer: one,
    amount: 1n,
    grace: 60,
    nonce: 0n,
    deadline: 9,
    maxFee: 0n,
  };
  expect(openDigest(domain, good)).toHaveLength(32);
  const bad: readonly Partial<OpenMessage>[] = [
    { amount: 2n ** 88n },
    { maxFee: 2n ** 88n },
    { maxFee: -1n },
    { nonce: 2n ** 256n },
    { grace: 2 ** 16 },
    { grace: 0.5 },
    { deadline: -1 },
  ];
  for (const change of bad) expect(() => openDigest(domain, { ...good, ...change })).toThrow(RangeError);
});

test('the cached domain separator stays right when more domains come than the cache holds', () => {
  const channels = address(`0x${'ab'.repeat(20)}`);
  for (const round of [1, 2]) {
    for (let chainId = 1; chainId <= 40; chainId++) {
      const expected = viemDomainSeparator({ domain: typedDomain({ chainId, channels }) });
      expect(toHex(domainSeparator({ chainId, channels })), `round ${round}`).toBe(expected);
    }
  }
});

test('a channel id is the hash of payer, signer and payee in that order', () => {
  fc.assert(
    fc.property(addresses, addresses, addresses, (payer, signer, payee) => {
      const words = encodeAbiParameters(
        [{ type: 'address' }, { type: 'address' }, { type: 'address' }],
        [payer, signer, payee],
      );
      expect(channelId({ payer, signer, payee })).toBe(keccak256(words));
    }),
  );
});

test('a proof has 78 bytes on the wire and comes back as it was', () => {
  fc.assert(
    fc.property(amounts, signatures, (cumulative, signature) => {
      const bytes = encodeProof({ cumulative, signature });
      expect(bytes.length).toBe(PROOF_BYTES);
      expect(decodeProof(bytes)).toEqual({ cumulative, signature });
    }),
  );
});

test('any other bytes give a proof or proof_invalid, never another failure', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        expect(encodeProof(decodeProof(bytes))).toEqual(bytes);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'proof_invalid' });
      }
    }),
  );
});

test('amounts that do not fit 96 bits are refused before anything is signed', () => {
  const payer = address(`0x${'01'.repeat(20)}`);
  const domain = { chainId: 1, channels: payer };
  for (const cumulative of [-1n, MAX_CUMULATIVE + 1n]) {
    const refusal = expect.objectContaining({ code: 'proof_invalid' });
    expect(() => proofDigest(domain, { payer, payee: payer, cumulative })).toThrow(refusal);
    expect(() => encodeProof({ cumulative, signature: new Uint8Array(64) })).toThrow(refusal);
    expect(() => proofItem(payer, { cumulative, signature: new Uint8Array(64) })).toThrow(refusal);
  }
});

test('a compact signature carries the parity in the top bit of its second half (EIP-2098)', () => {
  // The second example of EIP-2098 (parity 1).
  const r = fromHex('0x9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76');
  const s = fromHex('0x139c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793');
  const compact = encodeSignature({ r, s, yParity: 1 });
  expect(toHex(compact.subarray(32))).toBe('0x939c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793');
  expect(decodeSignature(compact)).toEqual({ r, s, yParity: 1 });
  expect(() => encodeSignature({ r: new Uint8Array(32), s: new Uint8Array(32).fill(0xff), yParity: 0 })).toThrow(
    RangeError,
  );
  expect(() => decodeSignature(new Uint8Array(65))).toThrow(expect.objectContaining({ code: 'proof_invalid' }));
});

test('an item of a claim packs payer and amount into one word', () => {
  fc.assert(
    fc.property(addresses, amounts, signatures, (payer, cumulative, signature) => {
      const item = proofItem(payer, { cumulative, signature });
      expect(item.payerAndAmount >> 96n).toBe(BigInt(payer));
      expect(item.payerAndAmount & MAX_CUMULATIVE).toBe(cumulative);
      expect(`${item.r}${item.vs.slice(2)}`).toBe(toHex(signature));
    }),
  );
});
