import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freeMemoryMB } from '../../../provider/free-memory.ts';
import { linkBytes } from '../../../provider/link-bytes.ts';
import { type Load, MAX_SHAKING, noRoom } from '../../../provider/room.ts';

const LIMITS = { maxClients: 10, capacityMbps: 100, fairShareMbps: 5, minFreeMemoryMB: 64 };
const LOAD: Load = { draining: false, active: 3, shaking: 1, busy: 2, mbps: 10, freeMemoryMB: 500, strained: false };

describe('whether one more client fits', () => {
  it.each<[string | null, Partial<Load>]>([
    [null, {}],
    ['draining', { draining: true }],
    ['clients', { active: 10 }],
    [null, { active: 9 }],
    ['handshakes', { shaking: MAX_SHAKING }],
    ['processor', { strained: true }],
    ['memory', { freeMemoryMB: 63 }],
    [null, { freeMemoryMB: null }],
    // The line is full, and an even share of it would be 100/20.
    [null, { mbps: 95, busy: 19 }],
    ['bandwidth', { mbps: 95, busy: 20 }],
    [null, { mbps: 80, busy: 20 }],
  ])('is answered %s for %o', (answer, load) => {
    expect(noRoom({ ...LOAD, ...load }, LIMITS)).toBe(answer);
  });

  it('never turns on bandwidth where the owner wants everybody', () => {
    expect(noRoom({ ...LOAD, mbps: 99, busy: 5000 }, { ...LIMITS, fairShareMbps: 0 })).toBeNull();
  });
});

describe('free memory', () => {
  it('is what the kernel estimates, or unknown', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'warren-memory-'));
    await writeFile(join(folder, 'meminfo'), 'MemTotal: 16000000 kB\nMemFree: 100 kB\nMemAvailable: 1000000 kB\n');
    expect(freeMemoryMB(join(folder, 'meminfo'))).toBe(1024);
    expect(freeMemoryMB(join(folder, 'none'))).toBeNull();
    await rm(folder, { recursive: true });
  });
});

describe('what passed a link', () => {
  it('is read off the kernel’s list, for that link alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'warren-dev-'));
    const file = join(folder, 'dev');
    const head = 'Inter-|   Receive |  Transmit\n face |bytes packets\n';
    await writeFile(file, `${head}  eth0: 9 1 0 0 0 0 0 0 9 1 0\nwrn0a1b2c: 120 2 0 0 0 0 0 0 34 1 0 0 0 0 0 0\n`);
    expect(linkBytes('wrn0a1b2c', file)).toBe(154);
    expect(linkBytes('wrn0a1b', file)).toBeNull();
    expect(linkBytes('wrn0a1b2c', join(folder, 'none'))).toBeNull();
    await rm(folder, { recursive: true });
  });
});
