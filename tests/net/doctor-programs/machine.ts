/** Faults of the throw-away machine of ../machine.sh, made for real, and a person at a terminal there. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { CHECKOUT, type Person } from '../install-programs/person.ts';

const NODE = [`${CHECKOUT}/node_modules/.bin/node`, '--disable-warning=ExperimentalWarning'] as const;
const PROGRAMS = `${CHECKOUT}/tests/net/doctor-programs`;
export const SOCKET = '/run/warren/netd.sock';
/** What manifest/networks/local.json names. */
const HELPER = ['--stun', '127.0.0.1:3478', '--relay', '127.0.0.1:7000'];

export const sh = (line: string): string => execFileSync('sh', ['-ec', line], { cwd: CHECKOUT, encoding: 'utf8' });

/** What is below stays as it is. */
export function layOver(folder: string): void {
  const [new_, work, below] = ['new', 'work', 'below'].map((name) => `/mnt/doctor${folder}/${name}`);
  sh(`mkdir -p ${new_} ${work} ${below}
    mount --bind ${folder} ${below}
    mount -t overlay overlay -o lowerdir=${below},upperdir=${new_},workdir=${work} ${folder}`);
}

export function mayUseSudo({ name }: Pick<Person, 'name'>): void {
  writeFileSync(`/etc/sudoers.d/${name}`, `${name} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 });
}

/** Runs until it prints that word; ends with the machine, or by `kill`. */
export function keepRunning(ready: RegExp, program: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, [...args], { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer): void => {
      text += chunk;
      if (ready.test(text)) resolve(child);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${program} ended: ${text}`)));
  });
}

export const startHelper = () => keepRunning(/"ready"/, NODE[0], [NODE[1], 'helper/main.ts', 'start', ...HELPER]);

/** As its unit would: root's, for the group warren. */
export function startNetd(): Promise<ChildProcess> {
  sh('getent group warren >/dev/null || groupadd --system warren; install -d -g warren -m 0750 /run/warren');
  const options = ['--socket', SOCKET, '--group', 'warren', '--runtime', '/run/warren'];
  return keepRunning(/ready/, NODE[0], [NODE[1], 'native-host/netd/main.ts', ...options]);
}

export function holdPorts({ name }: { readonly name: string }, protocol: 'udp' | 'tcp', ports: readonly number[]) {
  const holder = ['perl', `${PROGRAMS}/hold-ports.pl`, protocol, ...ports.map(String)];
  return keepRunning(/held/, 'runuser', ['-u', name, '--', ...holder]);
}

/** A firewall as people write it. */
export function blockUdp(): void {
  sh(`nft add table inet home
    nft 'add chain inet home out { type filter hook output priority 0; policy accept; }'
    nft 'add rule inet home out udp dport { 3478, 3479 } drop'`);
}
export const unblockUdp = (): void => void sh('nft delete table inet home');

/** The layouts that snapd and flatpak leave, and the script that Ubuntu has in the place of a browser. */
export function packBrowsers({ name }: Person): void {
  layOver('/usr/bin');
  layOver('/var/lib');
  sh('cd /usr/bin; rm -f chromium* google-chrome* microsoft-edge* brave* vivaldi* firefox*');
  mkdirSync('/var/lib/snapd/snap/firefox/4793', { recursive: true });
  symlinkSync('4793', '/var/lib/snapd/snap/firefox/current');
  writeFileSync('/usr/bin/firefox', '#!/bin/sh\nexec /snap/bin/firefox "$@"\n', { mode: 0o755 });
  sh(`runuser -u ${name} -- mkdir -p /home/${name}/.local/share/flatpak/app/org.chromium.Chromium/current`);
}
export const installBrowserPackage = (): void => void sh('cp -a /mnt/doctor/usr/bin/below/chromium /usr/bin/');

/** A release before this one, of another folder. */
export function installOldHost({ name }: Person): void {
  sh(`runuser -u ${name} -- env HOME=/home/${name} sh -ec '
    mkdir ~/old
    cp -r warren package.json package-lock.json shared native-host manifest ~/old/
    ln -s ${CHECKOUT}/node_modules ~/old/node_modules
    sed -i "s/VERSION = .*/VERSION = \\"0.0.9\\";/" ~/old/shared/base/version.ts
    ~/old/warren install --user --network manifest/networks/local.json >&2'`);
}

export interface Sitting {
  readonly code: number | null;
  readonly text: string;
  /** How often it asked whether it may. */
  readonly asked: number;
}

export interface Terms {
  /** What is answered to each question. */
  readonly answer?: string;
  /** Puts the whole under another program, which root starts: a kernel that forbids. */
  readonly under?: readonly string[];
}

/** The person types a line in a terminal, after a fresh log-in. */
export function sits({ name, runtime }: Person, line: string, { answer = 'y', under = [] }: Terms = {}) {
  const login = [
    'runuser',
    '-u',
    name,
    '--',
    'env',
    '-u',
    'TMPDIR',
    `HOME=/home/${name}`,
    `XDG_RUNTIME_DIR=${runtime}`,
  ];
  const terminal = ['script', '--quiet', '--return', '--command', line, '/dev/null'];
  const [program = '', ...args] = [...under, ...login, ...terminal];
  const child = spawn(program, args, { cwd: CHECKOUT, env: { ...process.env, NO_COLOR: '1' } });
  return new Promise<Sitting>((resolve) => {
    let [text, asked] = ['', 0];
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      for (const questions = text.split('[y/N] ').length - 1; asked < questions; asked++)
        child.stdin.write(`${answer}\n`);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('close', (code) => resolve({ code, asked, text: text.replaceAll('\r', '') }));
  });
}

/** The wall clock of what is typed behind it is five minutes ahead. */
export const FIVE_MINUTES_AHEAD = ['env', 'FAKETIME_DONT_FAKE_MONOTONIC=1', 'faketime', '-f', '+5m'] as const;
export const NO_NAMESPACES = ['perl', `${PROGRAMS}/forbid-namespaces.pl`] as const;
export const NO_MORE_NAMESPACES = ['perl', `${PROGRAMS}/own-user-namespace.pl`] as const;

/** The switch that Ubuntu's kernel has, beside those of this one; what it forbids is forbidden by NO_NAMESPACES. */
export function showUbuntusSwitch(): void {
  sh(`mkdir /mnt/switches
    cp /proc/sys/kernel/hostname /proc/sys/kernel/ngroups_max /proc/sys/kernel/pid_max /mnt/switches/
    echo 1 >/mnt/switches/apparmor_restrict_unprivileged_userns
    mount --bind /mnt/switches /proc/sys/kernel`);
}
