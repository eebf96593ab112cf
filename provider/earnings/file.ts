/** The totals of each day on disk: read at the start, written whole or not at all. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';
import { CountSchema } from '../../shared/wire/schema.ts';
import type { Day } from './days.ts';

/** Signed: what a reorganisation took back may fall on another day. */
const Amount = v.pipe(
  v.string(),
  v.regex(/^-?\d{1,30}$/),
  v.transform((text): bigint => BigInt(text)),
);
const FileSchema = v.object({
  version: v.literal(1),
  days: v.pipe(
    v.array(
      v.object({
        day: v.pipe(v.string(), v.isoDate()),
        earned: Amount,
        claimed: Amount,
        rxBytes: CountSchema,
        txBytes: CountSchema,
        clients: CountSchema,
      }),
    ),
    v.maxLength(1_000),
  ),
});

/** None when there is no such file, or one that makes no sense: it is a record, not money. */
export function readDays(path: string): readonly Day[] {
  try {
    return v.parse(FileSchema, JSON.parse(readFileSync(path, 'utf8'))).days;
  } catch {
    return [];
  }
}

export function writeDays(path: string, days: readonly Day[]): void {
  const plain = days.map(({ earned, claimed, ...day }) => ({
    ...day,
    earned: String(earned),
    claimed: String(claimed),
  }));
  const temporary = `${path}.new`;
  writeFileSync(temporary, `${JSON.stringify({ version: 1, days: plain })}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}
