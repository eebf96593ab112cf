/**
 * Names that the owner lends his line for to nobody: each with everything below it. As lists on the net come: a
 * name a line, or in the form of /etc/hosts (an address, then names), `#` begins a comment. Pure.
 */
import { isIP } from 'node:net';

export type BlockList = ReadonlySet<string>;

/** Longest list that is taken, in names. */
export const MAX_BLOCKED = 2_000_000;

/** @throws RangeError beyond MAX_BLOCKED names. */
export function parseBlockList(text: string): BlockList {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const words = line.replace(/#.*/, '').trim().split(/\s+/);
    for (const word of isIP(words[0] ?? '') === 0 ? words.slice(0, 1) : words.slice(1)) {
      const name = plain(word);
      // A list in the form of /etc/hosts begins with "127.0.0.1 localhost".
      if (name.includes('.') && isIP(name) === 0) names.add(name);
    }
    if (names.size > MAX_BLOCKED) throw new RangeError(`more than ${MAX_BLOCKED} names`);
  }
  return names;
}

export function isBlocked(list: BlockList, name: string): boolean {
  if (list.size === 0) return false;
  const labels = plain(name).split('.');
  return labels.some((_, i) => list.has(labels.slice(i).join('.')));
}

/** One spelling: lower case, no final dot, no leading "*." or "." of wildcard lists. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^(\*\.|\.)/, '');
}
