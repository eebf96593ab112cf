import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRuntimeDir } from '../../../shared/node/runtime-dir.ts';
import { MEMORY } from '../../memory.ts';

let parent = '';
beforeEach(() => {
  parent = mkdtempSync(`${MEMORY}/warren-runtime-`);
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** A process id that was in use and is free again. */
function deadPid(): number {
  return spawnSync('/bin/true').pid;
}

describe('the runtime folder', () => {
  test('is private and gone after the wipe, with all that is in it', async () => {
    const dir = await openRuntimeDir(parent, 'host');
    expect(statSync(dir.path).mode & 0o777).toBe(0o700);
    writeFileSync(join(dir.path, 'key'), 'secret');
    await dir.wipe();
    expect(existsSync(dir.path)).toBe(false);
  });

  test('wipes what a killed process left behind, and nothing of a living one', async () => {
    const left = join(parent, `host-${deadPid()}`);
    const living = join(parent, `host-${process.ppid}`);
    const other = join(parent, 'netd.sock');
    for (const path of [left, living]) mkdirSync(path);
    writeFileSync(join(left, 'key'), 'secret');
    writeFileSync(other, '');
    await (await openRuntimeDir(parent, 'host')).wipe();
    expect([left, living, other].map((path) => existsSync(path))).toEqual([false, true, true]);
  });

  test('is refused on a disk', async () => {
    const onDisk = mkdtempSync(join(process.cwd(), 'node_modules', '.runtime-'));
    try {
      await expect(openRuntimeDir(onDisk, 'host')).rejects.toMatchObject({ code: 'runtime_not_tmpfs' });
    } finally {
      rmSync(onDisk, { recursive: true });
    }
  });
});
