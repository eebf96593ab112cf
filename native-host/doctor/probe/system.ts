/** Small looks at the system. None of them changes it, and none fails: what can not be seen is not there. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';

const DIRECTORIES = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];
const LIMIT_MS = 5_000;

export function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

export function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function hasProgram(name: string, ...more: readonly string[]): boolean {
  return pathOf(name, ...more) !== null;
}

export function pathOf(name: string, ...more: readonly string[]): string | null {
  return [...DIRECTORIES, ...more].map((directory) => `${directory}/${name}`).find((path) => existsSync(path)) ?? null;
}

export interface Said {
  readonly code: number;
  readonly stderr: string;
}

export function run(program: string, args: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    const options = { timeout: LIMIT_MS, env: { PATH: DIRECTORIES.join(':'), LC_ALL: 'C' } };
    execFile(program, [...args], options, (error, _, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ code, stderr: stderr.trim() || (error?.message ?? '') });
    });
  });
}
