/** A crash must not write the keys in our memory to a disk. The wrapper's `ulimit -c 0` is the rule, this is the belt. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Linux only; without /proc there is nothing to do. Returns whether dumps were off already. */
export function denyCoreDumps(): boolean {
  try {
    const line = /^Max core file size\s+(\S+)\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    if (line?.[1] === '0' && line[2] === '0') return true;
  } catch {
    return false;
  }
  execFile('/usr/bin/prlimit', ['--pid', String(process.pid), '--core=0:0'], () => {});
  return false;
}
