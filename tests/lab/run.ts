/**
 * Runs `ip`, `nft` and their kind: arguments as arrays, never a shell.
 * Must not know what a lab is.
 */
import { execFile, execFileSync } from 'node:child_process';

const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

export class CommandFailed extends Error {
  constructor(command: string, args: readonly string[], stderr: string) {
    super(`${command} ${args.join(' ')}: ${stderr.trim()}`);
    this.name = 'CommandFailed';
  }
}

/** Resolves with stdout. @throws CommandFailed with the command's stderr. */
export function run(command: string, args: readonly string[], stdin?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, PATH }, maxBuffer: 32 * 1024 * 1024 };
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error) reject(new CommandFailed(command, args, stderr || error.message));
      else resolve(stdout);
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(stdin ?? '');
  });
}

/** The same for exit paths, where nothing may be awaited. Returns null where the command failed. */
export function runSync(command: string, args: readonly string[]): string | null {
  try {
    return execFileSync(command, [...args], {
      env: { ...process.env, PATH },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
  } catch {
    return null;
  }
}

/** One `ip -batch` for many lines: a process for all of them instead of one each. */
export async function ipBatch(lines: readonly string[], namespace?: string): Promise<void> {
  const args = namespace ? ['-n', namespace, '-batch', '-'] : ['-batch', '-'];
  await run('ip', args, `${lines.join('\n')}\n`);
}

export function inNamespace(
  namespace: string,
  command: string,
  args: readonly string[],
  stdin?: string,
): Promise<string> {
  return run('ip', ['netns', 'exec', namespace, command, ...args], stdin);
}
