/** BIP-39 seed phrases: made, checked, and asked about. Holds nothing. */
import { generateMnemonic, mnemonicToSeedWebcrypto, validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { WarrenError } from '../../shared/base/errors.ts';

export const QUIZ_WORDS = 3;

/** Twelve words, 128 bits from the browser's CSPRNG. */
export function newPhrase(): string {
  return generateMnemonic(wordlist, 128);
}

/** @throws WarrenError seed_invalid; the message says whether a word or the checksum is wrong, never which phrase. */
export function parsePhrase(typed: string): string {
  const words = typed.normalize('NFKD').trim().toLowerCase().split(/\s+/);
  if (![12, 15, 18, 21, 24].includes(words.length)) {
    throw new WarrenError('seed_invalid', `A seed has 12 to 24 words, this has ${words.length}.`, 'Check the words.');
  }
  const unknown = words.findIndex((word) => !wordlist.includes(word));
  if (unknown >= 0) {
    throw new WarrenError('seed_invalid', `Word ${unknown + 1} is not in the list.`, 'Check its spelling.');
  }
  const phrase = words.join(' ');
  if (!validateMnemonic(phrase, wordlist)) {
    throw new WarrenError('seed_invalid', 'The words do not fit together.', 'Check the words and their order.');
  }
  return phrase;
}

/** 64 bytes (BIP-39: PBKDF2-SHA-512, 2048 rounds, no passphrase). */
export function seedOf(phrase: string): Promise<Uint8Array> {
  return mnemonicToSeedWebcrypto(phrase);
}

/** Distinct positions to ask for, in rising order. @param random numbers in [0, 1). */
export function quizPositions(words: number, random: () => number): number[] {
  const picked = new Set<number>();
  while (picked.size < Math.min(QUIZ_WORDS, words)) picked.add(Math.floor(random() * words));
  return [...picked].sort((a, b) => a - b);
}

export function quizPassed(phrase: string, answers: readonly { index: number; word: string }[]): boolean {
  const words = phrase.split(' ');
  const asked = new Set(answers.map((answer) => answer.index));
  return asked.size >= QUIZ_WORDS && answers.every(({ index, word }) => words[index] === word.trim().toLowerCase());
}
