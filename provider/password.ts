/** Where the keystore's password comes from: a file, the environment, or the person at the terminal. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { WarrenError } from '../shared/base/errors.ts';

/**
 * @param file wins over WARREN_PASSWORD, which wins over asking; one newline at the end of the file is cut.
 * @throws WarrenError password_wrong when there is no way to get one.
 */
export async function readPassword(file: string | undefined, confirm: boolean): Promise<string> {
  if (file !== undefined) return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  const fromEnvironment = process.env.WARREN_PASSWORD;
  // Not for our children, nor for whoever reads our environment later.
  delete process.env.WARREN_PASSWORD;
  if (fromEnvironment !== undefined) return fromEnvironment;
  if (!process.stdin.isTTY)
    throw new WarrenError('password_wrong', 'No password was given.', 'Use --password-file FILE or WARREN_PASSWORD.');
  const password = await ask('Password for the keystore: ');
  if (confirm && (await ask('Once more: ')) !== password)
    throw new WarrenError('password_wrong', 'The two passwords differ.', 'Start again.');
  return password;
}

/** Asks without echo. */
async function ask(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  process.stderr.write(question);
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await reader.question('');
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}
