/** The matrix as text: a letter for the way, milliseconds to the first datagram that came back. */
import { KIND_NAMES, KINDS, type KindName, type Way } from './kinds.ts';
import { passes, type Result } from './results.ts';

const LETTER: Readonly<Record<Way, string>> = { direct: 'd', lan: 'l', relay: 'r', none: '-' };
const WIDTH = 7;

export function table(results: readonly Result[]): string {
  const at = new Map(results.map((result) => [`${result.client} ${result.provider}`, result]));
  const used = (side: 'client' | 'provider'): KindName[] =>
    KIND_NAMES.filter((name) => results.some((result) => result[side] === name));
  const [rows, columns] = [used('client'), used('provider')];
  const first = Math.max(...rows.map((name) => name.length), 'client \\ provider'.length);
  const head = ['client \\ provider'.padEnd(first), ...columns.map((name) => KINDS[name].short.padStart(WIDTH))];
  const lines = rows.map((client) =>
    [client.padEnd(first), ...columns.map((provider) => cell(at.get(`${client} ${provider}`)))].join(' '),
  );
  return [head.join(' '), ...lines].join('\n');
}

function cell(result: Result | undefined): string {
  if (!result) return ' '.repeat(WIDTH);
  const time = result.ms === null ? '' : result.ms < 9_999 ? String(Math.round(result.ms)) : '>9999';
  return `${passes(result) ? ' ' : '!'}${LETTER[result.got]}${time.padStart(WIDTH - 2)}`;
}

export const LEGEND = 'd direct, l LAN, r relay, - nothing, ! less than theory promises; ms from candidates to data';
