/** What passed a network link, by the kernel's own count (proc(5), /proc/net/dev): one small file, for a look that costs nothing. */
import { readFileSync } from 'node:fs';

/** Bytes in both directions; null where the system does not tell. */
export function linkBytes(link: string, file = '/proc/net/dev'): number | null {
  try {
    const line = readFileSync(file, 'utf8')
      .split('\n')
      .find((text) => text.trimStart().startsWith(`${link}:`));
    const fields = line
      ?.slice(line.indexOf(':') + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    const [received, sent] = [fields?.[0], fields?.[8]];
    return received === undefined || sent === undefined ? null : received + sent;
  } catch {
    return null;
  }
}
