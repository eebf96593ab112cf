/**
 * How far this machine's wall clock is from the network's servers, by the date of their HTTP answers (RFC 9110
 * §6.6.1), and what keeps it right on this machine.
 */
import { existsSync } from 'node:fs';
import type { Ms } from '../base/units.ts';
import type { NetworkProfile } from '../wire/network.ts';
import type { Mend } from './mending.ts';

const LIMIT_MS: Ms = 4_000;

/** Ms that we are ahead, good to a second: the middle one of all answers; null: nobody told the time. */
export async function clockAhead({ rpcUrl, relays }: NetworkProfile): Promise<Ms | null> {
  const urls = [rpcUrl, ...relays.map((relay) => relay.replace(/^ws/, 'http'))];
  const offsets = (await Promise.all(urls.map(offsetOf))).filter((offset) => offset !== null).sort((a, b) => a - b);
  return offsets[Math.floor(offsets.length / 2)] ?? null;
}

async function offsetOf(url: string): Promise<Ms | null> {
  try {
    const sent = Date.now();
    const { headers } = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS), redirect: 'manual' });
    const theirs = Date.parse(headers.get('date') ?? '');
    return Number.isNaN(theirs) ? null : (sent + Date.now()) / 2 - theirs;
  } catch {
    return null;
  }
}

/** The program that sets the clock by the network; `nobody`: none is installed; `no systemd`: nor could it be asked. */
export type ClockKeeper = 'systemd-timesyncd' | 'chrony' | 'nobody' | 'no systemd';

export function clockKeeper(): ClockKeeper {
  if (!existsSync('/run/systemd/system')) return 'no systemd';
  if (existsSync('/usr/sbin/chronyd')) return 'chrony';
  return existsSync('/usr/lib/systemd/systemd-timesyncd') ? 'systemd-timesyncd' : 'nobody';
}

export function clockMend(keeper: ClockKeeper): Mend {
  const by = (run: readonly string[], undo: string): Mend => ({
    command: run.join(' '),
    run,
    does: 'From then on this machine sets its clock by servers of the internet.',
    undo,
  });
  switch (keeper) {
    case 'systemd-timesyncd':
      return by(['sudo', 'timedatectl', 'set-ntp', 'true'], 'sudo timedatectl set-ntp false');
    case 'chrony':
      return by(['sudo', 'systemctl', 'enable', '--now', 'chrony'], 'sudo systemctl disable --now chrony');
    case 'nobody':
      return by(['sudo', 'apt-get', 'install', '-y', 'systemd-timesyncd'], 'sudo apt-get remove -y systemd-timesyncd');
    case 'no systemd':
      return {
        command: 'set this machine\'s clock ("sudo date --set …"), or start a service that keeps it right (NTP)',
      };
  }
}
