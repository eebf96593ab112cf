import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LineStore, owed, ProofBook } from '../../../provider/proofs.ts';
import { address } from '../../../shared/base/units.ts';
import { openJournal } from '../../../shared/node/journal.ts';
import { MEMORY } from '../../memory.ts';

const party = (byte: string) => address(`0x${byte.repeat(20)}`);
const PARTIES = { payer: party('aa'), signer: party('bb'), payee: party('cc') };
const OTHER = { ...PARTIES, payer: party('dd') };
const proof = (cumulative: bigint) => ({ cumulative, signature: Uint8Array.from({ length: 64 }, (_, i) => i) });

/** Lines in memory; `lines` is what the next process would find. */
function memory(lines: string[] = []): LineStore & { lines: string[] } {
  const store = {
    lines,
    load: () => [...store.lines],
    append: (line: string) => void store.lines.push(line),
    replace: (all: readonly string[]) => {
      store.lines = [...all];
    },
  };
  return store;
}

describe('the book of debts', () => {
  it('remembers the highest proof, what was claimed and what stayed unpaid, across processes', () => {
    const store = memory();
    const book = new ProofBook(store);
    book.saveProof(PARTIES, proof(700n));
    book.saveClaimed(PARTIES, 200n);
    book.saveUnpaid(PARTIES, 12_345);
    const next = new ProofBook(memory(store.lines)).find(PARTIES);
    expect(next).toMatchObject({ highest: proof(700n), claimed: 200n, unpaidBytes: 12_345 });
    expect(owed(next)).toBe(500n);
  });

  it('writes a proof down before it says that it has it', () => {
    const store = memory();
    const book = new ProofBook({
      ...store,
      append() {
        throw new Error('tmpfs is full');
      },
    });
    expect(() => book.saveProof(PARTIES, proof(1n))).toThrow('full');
    expect(book.find(PARTIES).highest).toBeNull();
  });

  it('keeps channels apart and lists those that owe', () => {
    const book = new ProofBook(memory());
    book.saveProof(PARTIES, proof(5n));
    book.saveProof(OTHER, proof(9n));
    book.saveClaimed(OTHER, 9n);
    expect(book.unclaimed().map(({ parties }) => parties)).toEqual([PARTIES]);
  });

  it('lets the chain take back a claim that is not settled, across processes, and no settled one', () => {
    const store = memory();
    const book = new ProofBook(store);
    book.saveProof(PARTIES, proof(9n));
    book.saveOnChain(PARTIES, 9n, 4n);
    expect(book.unclaimed()).toEqual([]);
    const next = new ProofBook(memory(store.lines));
    expect(next.unsettled()).toHaveLength(1);
    next.saveOnChain(PARTIES, 3n, 3n);
    expect(next.find(PARTIES)).toMatchObject({ claimed: 4n, settled: 4n });
    expect(next.unclaimed()).toHaveLength(1);
    expect(next.unsettled()).toEqual([]);
  });

  it('never lowers what was claimed', () => {
    const book = new ProofBook(memory());
    book.saveClaimed(PARTIES, 9n);
    book.saveClaimed(PARTIES, 3n);
    expect(book.find(PARTIES).claimed).toBe(9n);
  });

  it('falls back on the line before one that a crash cut in half, wherever it was cut', () => {
    const store = memory();
    const book = new ProofBook(store);
    book.saveProof(PARTIES, proof(100n));
    book.saveProof(PARTIES, proof(200n));
    const [first = '', second = ''] = store.lines;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: second.length - 1 }), (at) => {
        const debt = new ProofBook(memory([first, second.slice(0, at)])).find(PARTIES);
        expect(debt.highest?.cumulative).toBe(100n);
      }),
    );
  });

  it('takes no notice of lines that are not its own', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.json())), (lines) => {
        expect(new ProofBook(memory(lines)).unclaimed()).toEqual([]);
      }),
    );
  });

  it('rewrites the journal with one line a channel when it has grown long', () => {
    const store = memory();
    const book = new ProofBook(store);
    for (let i = 1n; i <= 20_000n; i++) book.saveProof(i % 2n ? PARTIES : OTHER, proof(i));
    expect(store.lines).toHaveLength(2);
    expect(new ProofBook(memory(store.lines)).find(OTHER).highest?.cumulative).toBe(20_000n);
  });
});

describe('the journal', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(`${MEMORY}/warren-journal-`);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('hands its lines to the next process, in order', async () => {
    const journal = await openJournal(folder, 'proofs');
    journal.append('one');
    journal.append('two');
    journal.close();
    expect((await openJournal(folder, 'proofs')).load()).toEqual(['one', 'two']);
  });

  it('begins a new line after one that was cut', async () => {
    await writeFile(join(folder, 'proofs'), 'one\ntw');
    const journal = await openJournal(folder, 'proofs');
    journal.append('three');
    journal.close();
    expect(await readFile(join(folder, 'proofs'), 'utf8')).toBe('one\ntw\nthree\n');
  });

  it('is replaced as a whole, goes on after it, and leaves nothing when wiped', async () => {
    const journal = await openJournal(folder, 'proofs');
    journal.append('old');
    journal.replace(['new']);
    journal.append('newer');
    expect(await readFile(join(folder, 'proofs'), 'utf8')).toBe('new\nnewer\n');
    journal.close({ wipe: true });
    await expect(readFile(join(folder, 'proofs'))).rejects.toThrow('ENOENT');
  });

  it('refuses a folder on a disk', async () => {
    const disk = await mkdtemp('/var/tmp/warren-journal-');
    await expect(openJournal(disk, 'proofs')).rejects.toMatchObject({ code: 'runtime_not_tmpfs' });
    await rm(disk, { recursive: true });
  });
});
