import fc from 'fast-check';
import { mnemonicToAccount } from 'viem/accounts';
import { describe, expect, test } from 'vitest';
import { exactAmount, formatAmount, parseAmount, perHour } from '../../../extension/wallet/amounts.ts';
import { accountKey, channelSigner, signerPath } from '../../../extension/wallet/keys.ts';
import { newPhrase, parsePhrase, quizPassed, quizPositions, seedOf } from '../../../extension/wallet/seed.ts';
import { ITERATIONS, MIN_ITERATIONS, openVault, sealVault, type Vault } from '../../../extension/wallet/vault.ts';
import { fromBase64, toBase64 } from '../../../shared/base/bytes.ts';
import { address } from '../../../shared/base/units.ts';
import { payee } from './tables.ts';

const PHRASE = 'test test test test test test test test test test test junk';
const SECRET = { phrase: PHRASE, device: 0 };

describe('the vault', () => {
  test('opens with its password and with no other', async () => {
    const vault = await sealVault(SECRET, 'correct horse');
    expect(await openVault(vault, 'correct horse')).toEqual(SECRET);
    await expect(openVault(vault, 'correct horsf')).rejects.toMatchObject({ code: 'password_wrong' });
    await expect(openVault(vault, '')).rejects.toMatchObject({ code: 'password_wrong' });
  });

  test('derives its key with 600,000 rounds or more, and takes new salt and IV each time', async () => {
    const [one, two] = await Promise.all([sealVault(SECRET, 'p'), sealVault(SECRET, 'p')]);
    expect(MIN_ITERATIONS).toBeGreaterThanOrEqual(600_000);
    expect(one.iterations).toBe(ITERATIONS);
    expect(one.salt).not.toBe(two.salt);
    expect(one.iv).not.toBe(two.iv);
    expect(JSON.stringify(one)).not.toContain('junk');
  });

  test.each(['data', 'salt', 'iv'] as const)('does not open when %s was altered', async (part) => {
    const vault = await sealVault(SECRET, 'p');
    const bytes = fromBase64(vault[part]);
    bytes[0] = (bytes[0] as number) ^ 1;
    await expect(openVault({ ...vault, [part]: toBase64(bytes) }, 'p')).rejects.toMatchObject({
      code: 'password_wrong',
    });
  });

  test('does not open when the rounds were altered, up or down', async () => {
    const vault = await sealVault(SECRET, 'p');
    const more = { ...vault, iterations: ITERATIONS + 1 };
    await expect(openVault(more, 'p')).rejects.toMatchObject({ code: 'password_wrong' });
    for (const iterations of [1, 10_000, 4_000_000_000]) {
      await expect(openVault({ ...vault, iterations }, 'p')).rejects.toMatchObject({ code: 'wallet_missing' });
    }
  });

  test('is refused in words when what is stored is no vault at all', async () => {
    const vault: Vault = await sealVault(SECRET, 'p');
    for (const stored of [null, 'text', {}, { ...vault, cipher: 'AES-128-CBC' }, { ...vault, data: '' }]) {
      await expect(openVault(stored, 'p')).rejects.toMatchObject({ code: 'wallet_missing' });
    }
  });
});

describe('keys', () => {
  test("the account is the one that every wallet finds at m/44'/60'/0'/0/0", async () => {
    expect(accountKey(await seedOf(PHRASE)).address).toBe(address(mnemonicToAccount(PHRASE).address));
  });

  test('each provider and each device gets a signer of its own, the same each time', async () => {
    const seed = await seedOf(PHRASE);
    const signers = [
      channelSigner(seed, 0, payee(1)),
      channelSigner(seed, 0, payee(2)),
      channelSigner(seed, 1, payee(1)),
    ];
    expect(new Set(signers.map((key) => key.address)).size).toBe(3);
    expect(channelSigner(seed, 0, payee(1))).toEqual(signers[0]);
    // Written down once: a change of the path would lose the user's channels.
    expect(signers[0]?.address).toMatchInlineSnapshot(`"0x3cac036ed028af19490f57e2dd009b1907147c34"`);
  });

  test('the path holds the whole payee, hardened throughout', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 160n - 1n), (number) => {
        const account = address(`0x${number.toString(16).padStart(40, '0')}`);
        const [, , , ...groups] = signerPath(7, account).split('/');
        expect(groups).toHaveLength(6);
        expect(groups.every((group) => group.endsWith("'") && Number.parseInt(group, 10) < 2 ** 31)).toBe(true);
        expect(groups.reduce((sum, group) => (sum << 31n) | BigInt(Number.parseInt(group, 10)), 0n)).toBe(number);
      }),
    );
  });
});

describe('the seed phrase', () => {
  test('a new one is twelve valid words, another each time', () => {
    const phrase = newPhrase();
    expect(parsePhrase(phrase)).toBe(phrase);
    expect(phrase.split(' ')).toHaveLength(12);
    expect(newPhrase()).not.toBe(phrase);
  });

  test('typed carelessly it is still read', () => {
    expect(parsePhrase(`  ${PHRASE.toUpperCase().replaceAll(' ', ' \n ')} `)).toBe(PHRASE);
  });

  test.each([
    ['too few words', 'test test', '2'],
    ['an unknown word', PHRASE.replace('junk', 'junkk'), 'Word 12'],
    ['a wrong checksum', PHRASE.replace('junk', 'test'), 'fit together'],
    ['nothing', '', '1'],
  ])('%s is refused and named, without repeating the words', (_, typed, named) => {
    expect(() => parsePhrase(typed)).toThrow(named);
    expect(() => parsePhrase(typed)).not.toThrow(/junkk/);
  });

  test('the quiz asks for three different words and takes only the right ones', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), (stream) => {
        let n = 0;
        const positions = quizPositions(12, () => (n++ > 50 ? (n % 12) / 12 : stream.next().value));
        expect(new Set(positions).size).toBe(3);
      }),
    );
    const answers = [0, 5, 11].map((index) => ({ index, word: PHRASE.split(' ')[index] ?? '' }));
    expect(quizPassed(PHRASE, answers)).toBe(true);
    expect(quizPassed(PHRASE, [...answers.slice(0, 2), { index: 11, word: 'test' }])).toBe(false);
    expect(quizPassed(PHRASE, answers.slice(0, 2))).toBe(false);
    expect(
      quizPassed(
        PHRASE,
        [0, 0, 0].map(() => ({ index: 0, word: 'test' })),
      ),
    ).toBe(false);
    expect(quizPassed(PHRASE, [])).toBe(false);
  });
});

describe('amounts', () => {
  test('what is written out exactly is read back exactly', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 28n), fc.integer({ min: 0, max: 18 }), (wei, decimals) => {
        expect(parseAmount(exactAmount(wei, decimals), decimals)).toBe(wei);
      }),
    );
  });

  test.each([
    [1_500_000_000_000_000_000n, '1.5'],
    [1_234_567_899_000_000_000_000n, '1 234.5678'],
    [99_999n, '<0.00000001'],
    [12_345_678_900_000n, '0.000012'],
    [0n, '0'],
    [-(10n ** 18n), '−1'],
  ])('%s wei reads as %s', (wei, text) => expect(formatAmount(wei, 18, 4)).toBe(text));

  test('is never shown as more than it is', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 27n), (wei) => {
        const shown = parseAmount(formatAmount(wei, 18, 4).replace(/^<.*/, '0').replaceAll(' ', ''), 18);
        expect(shown !== null && shown <= wei).toBe(true);
      }),
    );
  });

  test.each(['', '1.2.3', '-1', '1e5', 'abc', '0x10', '1.1234567890123456789', '1'.repeat(31)])(
    '%j is no amount',
    (text) => expect(parseAmount(text, 18)).toBeNull(),
  );

  test('a price per hour is rounded up', () => {
    expect(perHour(1_000_000n, 1)).toBe(3600n);
    expect(perHour(1n, 1)).toBe(1n);
    expect(perHour(5n, 0)).toBe(0n);
  });
});
