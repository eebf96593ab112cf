/**
 * Runs the few system programs that netd needs: no shell, absolute paths found once in directories
 * that only root can write, arguments as arrays, a time limit on each. Secrets never stand in an
 * argument; they go through `stdin` or through an unnamed file (see secret-file.ts).
 */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { WarrenError } from '../../shared/base/errors.ts';
import { patience } from '../../shared/node/patience.ts';

const DIRECTORIES = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'] as const;
const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

export interface Programs {
  readonly ip: string;
  readonly nft: string;
  readonly tc: string;
  readonly perl: string | null;
  readonly wg: string | null;
  readonly wireguardGo: string | null;
}

/**
 * @param own a folder of whoever runs this, looked into last for WireGuard's programs. Never for netd itself:
 *   what runs with privileges may not be a file that an ordinary user can change.
 * @throws WarrenError `wireguard_unavailable` naming the missing package.
 */
export function findPrograms(own: string | null = null): Programs {
  return {
    ip: required('ip', 'iproute2'),
    nft: required('nft', 'nftables'),
    tc: required('tc', 'iproute2'),
    perl: find('perl'),
    wg: find('wg', own),
    wireguardGo: find('wireguard-go', own),
  };
}

export function find(name: string, own: string | null = null): string | null {
  for (const directory of own === null ? DIRECTORIES : [...DIRECTORIES, own]) {
    const path = `${directory}/${name}`;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here: look in the next directory.
    }
  }
  return null;
}

function required(name: string, debianPackage: string): string {
  const path = find(name);
  if (path) return path;
  throw new WarrenError(
    'wireguard_unavailable',
    `The program "${name}" is not installed.`,
    `Run "sudo apt install ${debianPackage}".`,
  );
}

/** A program ended with an error; `stderr` is for the log and for deciding, never for a caller of netd. */
export class CommandFailed extends Error {
  readonly program: string;
  readonly stderr: string;

  constructor(program: string, stderr: string) {
    super(`${program}: ${stderr.trim().slice(0, 400) || 'failed'}`);
    this.program = program;
    this.stderr = stderr;
  }
}

/** A program that runs and waits for its input. */
export interface Started {
  /** It ended before it was told anything. */
  readonly ended: boolean;
  /**
   * Tells it all that it has to do.
   * @returns what it wrote to stdout.
   * @throws CommandFailed on a non-zero exit, a signal, or after 10 s.
   */
  finish(stdin: string): Promise<string>;
}

export function start(program: string, args: readonly string[]): Started {
  let ended = false;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = { maxBuffer: MAX_OUTPUT_BYTES, env: { LC_ALL: 'C' }, cwd: '/' };
  const child = execFile(program, args, { ...options, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
    ended = true;
    if (error) reject(new CommandFailed(program, stderr || error.message));
    else resolve(stdout);
  });
  // Whoever tells it what to do hears of it; nobody else has to.
  promise.catch(() => {});
  // The program may end before it has read everything; its exit code tells, EPIPE does not matter.
  child.stdin?.on('error', () => child.stdin?.destroy());
  return {
    get ended() {
      return ended;
    },
    async finish(stdin) {
      let late = false;
      const callOff = patience(TIMEOUT_MS, () => {
        late = true;
        child.kill('SIGKILL');
      });
      child.stdin?.end(stdin);
      try {
        return await promise;
      } catch (error) {
        throw late ? new CommandFailed(program, `did not end within ${TIMEOUT_MS / 1000} s`) : error;
      } finally {
        callOff();
      }
    },
  };
}

/** `start`, and all at once. */
export function run(program: string, args: readonly string[], stdin = ''): Promise<string> {
  return start(program, args).finish(stdin);
}
