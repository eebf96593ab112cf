/** What the steps do to their machine, and how they look at it: a Debian with systemd, seen by root. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE } from '../../patience.ts';

/** Who sits at the browser. */
export const USER = 'ann';

export interface Result {
  readonly code: number;
  readonly stdout: string;
  /** Both streams. */
  readonly text: string;
}

export function attempt(command: string, ...args: readonly string[]): Promise<Result> {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 1 << 26 };
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      resolve({ code, stdout, text: `${stdout}${stderr}` });
    });
  });
}

/** @returns what it wrote to stdout. @throws Error with what it said. */
export async function must(command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, text } = await attempt(command, ...args);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${text}`);
  return stdout;
}

/** As apt does it for files that somebody downloaded. */
export function apt(...args: readonly string[]): Promise<string> {
  return must('apt-get', '-o', 'APT::Sandbox::User=root', '-o', 'Dpkg::Use-Pty=0', '-y', ...args);
}

export function debsOf(build: 'now' | 'next'): readonly string[] {
  const folder = join('/run/out', build);
  return readdirSync(folder).map((name) => join(folder, name));
}

export async function property(unit: string, name: string): Promise<string> {
  return (await must('systemctl', 'show', '--value', '--property', name, unit)).trim();
}

/** @returns whether it came to hold within 20 s of a machine that is not emulated. @throws Error what a look throws. */
export async function comesTrue(look: () => Promise<boolean>): Promise<boolean> {
  for (const deadline = Date.now() + 20_000 * PATIENCE; Date.now() < deadline; await sleep(500))
    if (await look()) return true;
  return false;
}

/** @throws Error with the unit's own log. */
export async function untilActive(unit: string): Promise<void> {
  let state = '';
  await comesTrue(async () => {
    state = await property(unit, 'ActiveState');
    return state === 'active' || state === 'failed';
  });
  if (state !== 'active') throw new Error(`${unit} is ${state}\n${await journal(unit)}`);
}

export async function journal(unit: string): Promise<string> {
  return (await attempt('journalctl', '--no-pager', '-n', '40', '-u', unit)).text;
}

/** Every file, folder and link of the root file system, with who owns it, and every account. */
export async function everything(): Promise<ReadonlySet<string>> {
  const files = await must('find', '/', '-xdev', '-printf', '%y %m %u:%g %p\n');
  const accounts = await must('cat', '/etc/passwd', '/etc/group');
  return new Set([...files.split('\n').filter((line) => !PASSING.test(line)), ...accounts.split('\n')]);
}

/** What any installation of anything leaves behind: apt's and dpkg's own books, logs, backups of accounts; and what is people's own. */
const PASSING =
  / \/(home|var\/(log|cache|tmp)|tmp|root|var\/lib\/(apt|dpkg)|var\/lib\/systemd\/(timers|random-seed|catalog|coredump|linger|ephemeral-trees|pstore))(\/|$)| \/etc\/(passwd|group|shadow|gshadow)-$| \/var\/lib\/systemd$| \/etc\/\.pwd\.lock$/;
