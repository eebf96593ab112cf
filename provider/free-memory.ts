/** What memory this machine could still give, by the kernel's own estimate (proc(5), MemAvailable). */
import { readFileSync } from 'node:fs';

/** In MB of 10^6 bytes; null where the kernel does not tell. */
export function freeMemoryMB(file = '/proc/meminfo'): number | null {
  try {
    const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync(file, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Math.floor((Number(kilobytes) * 1024) / 1e6);
  } catch {
    return null;
  }
}
