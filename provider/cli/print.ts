/** What the commands write: results on stdout, questions and news on stderr. */
import { createInterface } from 'node:readline/promises';
import { formatUnits } from 'viem';
import type { NetworkProfile } from '../../shared/wire/network.ts';

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** Lines of two columns. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, text]) => `${name.padEnd(width)}${text}`).join('\n');
}

export function tokensOf(
  wei: string | bigint,
  { tokenDecimals, tokenSymbol }: Pick<NetworkProfile, 'tokenDecimals' | 'tokenSymbol'>,
): string {
  return `${formatUnits(BigInt(wei), tokenDecimals)} ${tokenSymbol}`;
}

/** Whether there is a person to ask. */
export function isAttended(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** The answer, or `initial` for an empty one. */
export async function ask(question: string, initial: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = (await reader.question(`${question} [${initial}]: `)).trim();
    return answer === '' ? initial : answer;
  } finally {
    reader.close();
  }
}
