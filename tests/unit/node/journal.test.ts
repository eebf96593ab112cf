import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProofBook } from '../../../provider/proofs.ts';
import { address } from '../../../shared/base/units.ts';
import { openJournal } from '../../../shared/node/journal.ts';
import { MEMORY } from '../../memory.ts';

const PARTIES = {
  payer: address(`0x${'aa'.repeat(20)}`),
  signer: address(`0x${'51'.repeat(20)}`),
  payee: address(`0x${'bb'.repeat(20)}`),
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(`${MEMORY}/warren-journal-`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the journal', () => {
  test('gives back what was appended, in order, without being closed first', async () => {
    const journal = await openJournal(folder, 'proofs');
    for (const line of ['one', 'two', 'three']) journal.append(line);
    expect((await openJournal(folder, 'proofs')).load()).toEqual(['one', 'two', 'three']);
    journal.close();
  });

  test('replaces the whole at once and goes on behind it', async () => {
    const journal = await openJournal(folder, 'proofs');
    journal.append('old');
    journal.replace(['a', 'b']);
    journal.append('c');
    journal.close();
    expect((await openJournal(folder, 'proofs')).load()).toEqual(['a', 'b', 'c']);
  });

  test('is private, and leaves nothing when it is wiped', async () => {
    const journal = await openJournal(folder, 'proofs');
    journal.append('x');
    expect(statSync(join(folder, 'proofs')).mode & 0o777).toBe(0o600);
    journal.close({ wipe: true });
    expect(() => statSync(join(folder, 'proofs'))).toThrow(/ENOENT/);
  });

  test('refuses a folder on a disk', async () => {
    const onDisk = mkdtempSync(join(process.cwd(), 'node_modules', '.journal-'));
    try {
      await expect(openJournal(onDisk, 'proofs')).rejects.toMatchObject({ code: 'runtime_not_tmpfs' });
    } finally {
      rmSync(onDisk, { recursive: true });
    }
  });

  test('cut at any byte keeps every proof before the cut, and takes new ones', async () => {
    const path = join(folder, 'proofs');
    const journal = await openJournal(folder, 'proofs');
    const book = new ProofBook(journal);
    /** File size after each accepted proof: from there on it must survive. */
    const sizes: number[] = [];
    for (let n = 1; n <= 4; n++) {
      book.saveProof(PARTIES, { cumulative: BigInt(n), signature: new Uint8Array(64).fill(n) });
      sizes.push(statSync(path).size);
    }
    journal.close();
    const whole = readFileSync(path);
    for (let length = 0; length <= whole.length; length++) {
      writeFileSync(path, whole);
      truncateSync(path, length);
      const after = await openJournal(folder, 'proofs');
      const replayed = new ProofBook(after);
      // A line is whole already when only its end-of-line is missing.
      const accepted = sizes.filter((size) => size - 1 <= length).length;
      expect(replayed.find(PARTIES).highest?.cumulative ?? 0n).toBe(BigInt(accepted));
      replayed.saveProof(PARTIES, { cumulative: 9n, signature: new Uint8Array(64).fill(9) });
      after.close();
      const last = await openJournal(folder, 'proofs');
      expect(new ProofBook(last).find(PARTIES).highest?.cumulative).toBe(9n);
      last.close();
    }
  });
});
