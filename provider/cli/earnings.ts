/** `earnings`: day by day from the file, which needs no running node; and what waits to be claimed from the node. */
import { readDays } from '../earnings/file.ts';
import { daysFileOf, readProfile } from '../settings/paths.ts';
import type { Invocation } from './invocation.ts';
import { print, printJson, tokensOf } from './print.ts';
import { fetchStatus } from './running.ts';

const SHOWN = 31;

export async function earnings(invocation: Invocation): Promise<void> {
  const config = await invocation.config();
  const profile = await readProfile(config.network);
  const running = await fetchStatus(config).catch(() => null);
  const now = running?.status.earnings ?? null;
  const days = now?.days ?? readDays(daysFileOf(config)).slice(-SHOWN);
  if (invocation.options.json) {
    const plain = days.map((day) => ({ ...day, earned: String(day.earned), claimed: String(day.claimed) }));
    return printJson({ ...now, running: now !== null, days: plain });
  }
  const rows = days.map(({ day, earned, claimed, rxBytes, txBytes, clients }) => [
    day,
    tokensOf(earned, profile),
    tokensOf(claimed, profile),
    `${((rxBytes + txBytes) / 1e9).toFixed(3)} GB`,
    String(clients),
  ]);
  const table = [['Day (UTC)', 'Earned', 'Claimed', 'Traffic', 'Clients'], ...rows];
  const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  print(days.length > 0 ? lines.join('\n') : 'Nothing earned yet.');
  print('');
  if (!now) return print('The node does not run; what it has yet to claim is known to it alone.');
  print(`Claimed    ${tokensOf(now.claimed, profile)} since the start`);
  print(`Unclaimed  ${tokensOf(now.unclaimed, profile)} in ${now.proofs} channels`);
}
