/**
 * Hands a secret to a program that insists on a file. `wg` opens /dev/stdin by name, which fails on
 * the socket that Node makes of a piped stdin; so the secret goes into a file on tmpfs (RAM) that has
 * no name any more when the secret is written to it.
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs';
import { CommandFailed } from './commands.ts';

const TIMEOUT_MS = 10_000;

/**
 * Runs `program args…` with `secret` readable at /dev/stdin.
 * @param directory must be on tmpfs.
 */
export function runWithSecret(
  directory: string,
  program: string,
  args: readonly string[],
  secret: string,
): Promise<void> {
  const path = `${directory}/.netd-${process.pid}-${process.hrtime.bigint()}`;
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    unlinkSync(path);
    writeSync(fd, secret, 0);
    return spawned(fd, program, args);
  } finally {
    closeSync(fd);
  }
}

function spawned(stdin: number, program: string, args: readonly string[]): Promise<void> {
  // spawn() has duplicated the descriptor by the time it returns.
  const child = spawn(program, args, { stdio: [stdin, 'ignore', 'pipe'], env: { LC_ALL: 'C' }, cwd: '/' });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    if (stderr.length < 4096) stderr += chunk.toString('utf8');
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(new CommandFailed(program, error.message));
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else reject(new CommandFailed(program, stderr));
    });
  });
}
