/**
 * WireGuard's programs for a user who is not root: from the same Debian packages that root would install,
 * unpacked instead. `apt-get download` checks them against apt's signed lists, and needs no privilege.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PlannedFile } from './files.ts';

const PATH = '/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin';
const DOWNLOAD_LIMIT_MS = 120_000;
/** Each stands alone in its package: one file, the system's C library at most. */
const WANTED = [
  { program: 'wg', from: 'wireguard-tools' },
  { program: 'wireguard-go', from: 'wireguard-go' },
] as const;

export interface Fetched {
  readonly files: readonly PlannedFile[];
  /** Once they are in place. */
  discard(): Promise<void>;
}

/** The programs that this machine lacks. What can not be had is said and left out: one of the two may do. */
export async function fetchPrograms(folder: string, say: (line: string) => void): Promise<Fetched> {
  const files: PlannedFile[] = [];
  const work = await mkdtemp(join(tmpdir(), 'warren-programs-'));
  for (const { program, from } of WANTED) {
    const path = `${folder}/${program}`;
    if (PATH.split(':').some((place) => existsSync(`${place}/${program}`))) continue;
    if (existsSync(path)) {
      files.push({ path, mode: 0o755, copyOf: path });
      continue;
    }
    try {
      files.push({ path, mode: 0o755, copyOf: await unpack(work, program, from) });
      say(`fetched ${program} from Debian's package ${from}`);
    } catch (error) {
      const said = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error);
      say(`${program} is not installed, and its package could not be fetched (${said}): sudo apt install ${from}`);
    }
  }
  return { files, discard: () => rm(work, { recursive: true, force: true }) };
}

async function unpack(work: string, program: string, from: string): Promise<string> {
  const run = (command: string, args: readonly string[]) =>
    promisify(execFile)(command, [...args], { cwd: work, env: { PATH, LC_ALL: 'C' }, timeout: DOWNLOAD_LIMIT_MS });
  await run('apt-get', ['download', from]);
  const archive = (await readdir(work)).find((name) => name.startsWith(`${from}_`));
  if (archive === undefined) throw new Error(`apt-get brought no ${from}`);
  await run('dpkg-deb', ['-x', archive, from]);
  const found = ['usr/bin', 'usr/sbin', 'bin'].map((place) => join(work, from, place, program));
  const file = found.find((path) => existsSync(path));
  if (file === undefined) throw new Error(`${from} holds no ${program}`);
  return file;
}
