/** The parts of the running system that are no files of ours: the group, its members, and the service. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { InstallError } from './error.ts';
import { GROUP, NETD_SOCKET, UNIT_NAME } from './layout.ts';

const START_LIMIT_MS = 10_000;
const START_POLL_MS = 50;
/** Root's own directories, whatever PATH says. */
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

export interface System {
  readonly hasSystemd: boolean;
  userExists(name: string): Promise<boolean>;
  /** Null when there is no group. */
  members(): Promise<readonly string[] | null>;
  createGroup(): Promise<void>;
  removeGroup(): Promise<void>;
  addMember(name: string): Promise<void>;
  removeMember(name: string): Promise<void>;
  /** From now on and at every start of the machine. `restart`: also when it runs already. Ends when netd listens. */
  startService(restart: boolean): Promise<void>;
  stopService(): Promise<void>;
  /** After its unit is gone. */
  forgetService(): Promise<void>;
}

export const realSystem: System = {
  hasSystemd: existsSync('/run/systemd/system'),
  userExists: async (name) => (await look('passwd', name)) !== null,
  async members() {
    const line = await look('group', GROUP);
    return line === null ? null : (line.split(':')[3] ?? '').split(',').filter((name) => name !== '');
  },
  createGroup: () => run('groupadd', '--system', GROUP),
  removeGroup: () => run('groupdel', GROUP),
  addMember: (name) => run('gpasswd', '--add', name, GROUP),
  removeMember: (name) => run('gpasswd', '--delete', name, GROUP),
  async startService(restart) {
    await run('systemctl', 'daemon-reload');
    await run('systemctl', 'enable', UNIT_NAME);
    await run('systemctl', restart ? 'restart' : 'start', UNIT_NAME);
    for (const deadline = Date.now() + START_LIMIT_MS; !existsSync(NETD_SOCKET); await sleep(START_POLL_MS))
      if (Date.now() > deadline) throw silentNetd();
  },
  stopService: () => run('systemctl', 'disable', '--now', UNIT_NAME),
  forgetService: () => run('systemctl', 'daemon-reload'),
};

/** One line of a name service's table, or null. */
async function look(table: 'passwd' | 'group', name: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('getent', ['--', table, name], { env: { PATH } });
    return stdout.trim();
  } catch (error) {
    // getent(1): one or more keys could not be found.
    if (error instanceof Error && 'code' in error && error.code === 2) return null;
    throw failed('getent', error);
  }
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(program, [...args], { env: { PATH } });
  } catch (error) {
    throw failed([program, ...args].join(' '), error);
  }
}

function failed(command: string, cause: unknown): InstallError {
  const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause);
  return new InstallError(
    'command_failed',
    `"${command}" failed: ${said}`,
    'Mend that, then run the same command again.',
    { cause },
  );
}

function silentNetd(): InstallError {
  return new InstallError(
    'netd_does_not_start',
    `The network daemon does not listen at ${NETD_SOCKET}.`,
    `See why with "journalctl -u ${UNIT_NAME} -n 20", then run the same command again.`,
  );
}
