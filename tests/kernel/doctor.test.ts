/** What the doctor says of faults that only a kernel with a module of its own has, and what comes of its mend. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', '--'];
/** Debian's own switch. */
const SWITCH = '/proc/sys/kernel/unprivileged_userns_clone';

interface Answer {
  readonly checks: readonly {
    readonly name: string;
    readonly state: string;
    readonly text: string;
    readonly mend?: string;
  }[];
  readonly changes?: readonly { readonly command: string; readonly failure: string | null; readonly undo: string }[];
}

/** @param under what it is started by. */
function doctor(options: readonly string[], under: readonly string[] = []): Promise<Answer> {
  const command = [...under, process.execPath, '--disable-warning=ExperimentalWarning', 'native-host/doctor/main.ts'];
  const [program = '', ...args] = [...command, '--json', ...options];
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: CHECKOUT, env: { ...process.env, HOME: '/tmp' } }, (error, stdout, stderr) => {
      // It ends with 1 while something stands in the way.
      if (stdout === '') reject(error ?? new Error(stderr));
      else resolve(JSON.parse(stdout) as Answer);
    });
  });
}

const check = ({ checks }: Answer, name: string) => checks.find((one) => one.name === name);

test('a module that is not loaded: it says so, loads it, and says how to take that back', async () => {
  execFileSync('modprobe', ['-r', 'wireguard']);
  expect(check(await doctor([]), 'wireguard')).toMatchObject({
    state: 'problem',
    text: expect.stringContaining("The kernel's WireGuard is not loaded"),
    mend: 'sudo modprobe wireguard',
  });
  const fixed = await doctor(['--fix', '--yes']);
  expect(fixed.changes).toContainEqual({
    command: 'sudo modprobe wireguard',
    failure: null,
    undo: 'sudo modprobe -r wireguard',
  });
  expect(check(fixed, 'wireguard')).toMatchObject({ state: 'ok', text: "The kernel's WireGuard is loaded." });
  expect(existsSync('/sys/module/wireguard')).toBe(true);
});

test('Debian’s switch that forbids user namespaces', async () => {
  writeFileSync(SWITCH, '0');
  try {
    expect(check(await doctor([], ['setpriv', ...NOBODY]), 'namespaces')).toMatchObject({
      state: 'problem',
      text: 'The kernel is set to forbid user namespaces to ordinary users.',
      mend: expect.stringContaining('sudo sysctl kernel.unprivileged_userns_clone=1'),
    });
  } finally {
    writeFileSync(SWITCH, '1');
  }
});
