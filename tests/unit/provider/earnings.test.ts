import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Days, dayOf } from '../../../provider/earnings/days.ts';
import { readDays, writeDays } from '../../../provider/earnings/file.ts';
import { recordEarnings } from '../../../provider/earnings/record.ts';
import { createLog } from '../../../provider/log.ts';
import { createFakeClock } from '../../fakes/clock.ts';

const DAY = 86_400_000;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'warren-days-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the totals of each day', () => {
  it('add up by the day of UTC, a claim taken back too', () => {
    const days = new Days();
    days.add({ earned: 5n, rxBytes: 10 }, DAY - 1);
    days.add({ earned: 2n, claimed: 7n, clients: 1 }, DAY);
    days.add({ claimed: -7n }, DAY + 5);
    expect(days.all).toEqual([
      { day: '1970-01-01', earned: 5n, claimed: 0n, rxBytes: 10, txBytes: 0, clients: 0 },
      { day: '1970-01-02', earned: 2n, claimed: 0n, rxBytes: 0, txBytes: 0, clients: 1 },
    ]);
  });

  it('are kept for about a year', () => {
    const days = new Days();
    for (let day = 0; day < 500; day++) days.add({ clients: 1 }, day * DAY);
    expect(days.all).toHaveLength(400);
    expect(days.all.at(-1)?.day).toBe(dayOf(499 * DAY));
  });

  it('come back from the disk, and do not stop a node when they can not', async () => {
    const path = join(folder, 'earnings.json');
    const days = [{ day: '2026-01-02', earned: 10n ** 20n, claimed: -1n, rxBytes: 1, txBytes: 2, clients: 3 }];
    writeDays(path, days);
    expect(readDays(path)).toEqual(days);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await writeFile(path, '{"version":1,"days":[{"day":"yesterday"}]}');
    expect(readDays(path)).toEqual([]);
    expect(readDays(join(folder, 'none'))).toEqual([]);
  });

  it('are written now and then, and at the end, with what passed meanwhile', async () => {
    const path = join(folder, 'earnings.json');
    const clock = createFakeClock();
    const totals = { rxBytes: 100, txBytes: 0 };
    const record = recordEarnings(path, totals, clock, createLog('silent'));
    clock.advance(61_000);
    await expect(readFile(path)).rejects.toThrow();
    totals.txBytes = 50;
    record.add({ earned: 3n });
    clock.advance(61_000);
    expect(readDays(path)).toMatchObject([{ earned: 3n, rxBytes: 0, txBytes: 50 }]);
    record.add({ earned: 4n });
    record.close();
    expect(readDays(path)).toMatchObject([{ earned: 7n, txBytes: 50 }]);
  });
});
