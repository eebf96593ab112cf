/**
 * The highest amount that was signed for each channel, so that no later session signs below it. Appended to a
 * file on tmpfs before the proof leaves: a killed host has forgotten nothing that was sent. A reboot forgets it;
 * then the node's copy counts, once its signature is seen to be our own (shared/machine/channel/payer.ts).
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Hex } from '../shared/base/bytes.ts';
import type { Wei } from '../shared/base/units.ts';
import { type Journal, openJournal } from '../shared/node/journal.ts';
import { isRunning } from '../shared/node/runtime-dir.ts';
import { HexSchema, WeiSchema } from '../shared/wire/schema.ts';

export interface SignedAmounts {
  /** Cumulative wei; 0n for a channel that was never signed for. */
  find(channel: Hex): Wei;
  /** Done when it returns; a lower amount than before changes nothing. @throws WarrenError internal when it can not be written. */
  save(channel: Hex, cumulative: Wei): void;
  /** The channel is closed and the chain says what it paid. */
  forget(channel: Hex): void;
  /** Leaves no file when there is nothing to remember. */
  close(): void;
}

/** One file a process, since each rewrites its own: `signed-<pid>`. */
const PREFIX = 'signed-';
/** Lines before the file is rewritten with one line a channel: 20 GB of traffic. */
const COMPACT_AT = 20_000;
const ChannelIdSchema = v.pipe(
  HexSchema(32),
  v.transform((text) => text as Hex),
);
const LineSchema = v.tuple([ChannelIdSchema, WeiSchema]);

/**
 * Takes over what hosts that are gone have left, and reads what running ones have written so far.
 * @param folder on tmpfs, the user's own.
 * @throws WarrenError runtime_not_tmpfs.
 */
export async function openSignedAmounts(folder: string): Promise<SignedAmounts> {
  const amounts = new Map<Hex, Wei>();
  const own = `${PREFIX}${process.pid}`;
  const left: string[] = [];
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length)) : Number.NaN;
    if (!Number.isInteger(pid)) continue;
    const journal = await openJournal(folder, name);
    for (const line of journal.load()) keep(amounts, line);
    journal.close();
    if (name !== own && !isRunning(pid)) left.push(name);
  }
  const journal = await openJournal(folder, own);
  let lines = compact(journal, amounts);
  // Only now that all of it stands in our own file.
  for (const name of left) rmSync(join(folder, name), { force: true });

  return {
    find: (channel) => amounts.get(channel) ?? 0n,
    save(channel, cumulative) {
      if (cumulative <= (amounts.get(channel) ?? 0n)) return;
      journal.append(lineOf(channel, cumulative));
      amounts.set(channel, cumulative);
      if (++lines >= COMPACT_AT) lines = compact(journal, amounts);
    },
    forget(channel) {
      if (amounts.delete(channel)) lines = compact(journal, amounts);
    },
    close: () => journal.close({ wipe: amounts.size === 0 }),
  };
}

function compact(journal: Journal, amounts: ReadonlyMap<Hex, Wei>): number {
  journal.replace([...amounts].map(([channel, cumulative]) => lineOf(channel, cumulative)));
  return amounts.size;
}

function lineOf(channel: Hex, cumulative: Wei): string {
  return JSON.stringify([channel, String(cumulative)]);
}

/** A line that a crash cut in half is no line: its proof was never sent. */
function keep(amounts: Map<Hex, Wei>, line: string): void {
  try {
    const [channel, cumulative] = v.parse(LineSchema, JSON.parse(line));
    if (cumulative > (amounts.get(channel) ?? 0n)) amounts.set(channel, cumulative);
  } catch {
    return;
  }
}
