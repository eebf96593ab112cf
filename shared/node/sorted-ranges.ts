/**
 * Looks one number up in a sorted text file of ranges (`first,last,asn,name`, one a line, decimal) by
 * bisection over byte offsets: about 25 small reads, no start-up time and no memory, where loading the
 * table would take seconds and 100 MB on a small home server.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface RangeRow {
  readonly first: bigint;
  readonly last: bigint;
  readonly asn: number;
  readonly name: string;
}

/** The longest line of the table is far below this. */
const MAX_LINE_BYTES = 512;

/** The row whose range holds `value`, or null. @throws when the file cannot be read. */
export function findRange(path: string, value: bigint): RangeRow | null {
  const file = openSync(path, 'r');
  try {
    let low = 0;
    let high = fstatSync(file).size;
    // Invariant: the wanted row, if any, starts in [low, high).
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const start = lineStart(file, low, middle);
      const { row, next } = readRow(file, start);
      if (!row || value < row.first) high = start;
      else if (value > row.last) low = next;
      else return row;
    }
    return null;
  } finally {
    closeSync(file);
  }
}

/** The first byte of the line that holds byte `at`, not before `floor` (itself a line start). */
function lineStart(file: number, floor: number, at: number): number {
  const from = Math.max(floor, at - MAX_LINE_BYTES);
  const chunk = Buffer.alloc(at - from);
  readSync(file, chunk, 0, chunk.length, from);
  const newline = chunk.lastIndexOf(10);
  return newline < 0 ? from : from + newline + 1;
}

function readRow(file: number, start: number): { row: RangeRow | null; next: number } {
  const chunk = Buffer.alloc(MAX_LINE_BYTES);
  const length = readSync(file, chunk, 0, chunk.length, start);
  const newline = chunk.subarray(0, length).indexOf(10);
  const end = newline < 0 ? length : newline;
  return { row: parseRow(chunk.toString('utf8', 0, end)), next: start + end + 1 };
}

function parseRow(line: string): RangeRow | null {
  const match = /^(\d{1,39}),(\d{1,39}),(\d{1,10}),(.*)$/.exec(line.trimEnd());
  if (!match) return null;
  const [, first, last, asn, name] = match as unknown as [string, string, string, string, string];
  return { first: BigInt(first), last: BigInt(last), asn: Number(asn), name: unquote(name) };
}

/** RFC 4180 §2: a quoted field, its inner quotes doubled. */
function unquote(field: string): string {
  return field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
}
