/** A clock that is ten minutes ahead, on a machine with systemd: what the doctor says of it, and what its mend does. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Timeline } from '../../e2e/timeline.ts';
import { attempt, must, untilActive } from './machine.ts';

const AHEAD_MS = 600_000;
const PROFILE = '/tmp/another-network.json';

interface Answer {
  readonly checks: readonly { readonly name: string; readonly state: string; readonly text: string }[];
  readonly changes: readonly {
    readonly command: string;
    readonly failure: string | null;
    readonly undo: string | null;
  }[];
}

export async function clock(told: Timeline): Promise<void> {
  await must('systemctl', 'start', 'warren-netd');
  await untilActive('warren-netd');
  await must('timedatectl', 'set-ntp', 'false');
  const servers = createServer((_, response) => {
    response.setHeader('date', new Date(Date.now() - AHEAD_MS).toUTCString());
    response.end();
  });
  await new Promise<void>((resolve) => servers.listen(0, '127.0.0.1', resolve));
  const { port } = servers.address() as AddressInfo;
  const profile = JSON.parse(readFileSync('/etc/warren/network.json', 'utf8'));
  const another = { ...profile, rpcUrl: `http://127.0.0.1:${port}`, relays: [`ws://127.0.0.1:${port}`] };
  writeFileSync(PROFILE, JSON.stringify(another));
  try {
    const { stdout, text } = await attempt('warren', 'doctor', '--fix', '--yes', '--json', '--network', PROFILE);
    told.note(text);
    const { checks, changes } = JSON.parse(stdout) as Answer;
    const said = checks.find(({ name }) => name === 'clock')?.text ?? 'nothing';
    told.claim('the doctor says how wrong a clock is', /clock is (59\d|60\d) s ahead/.test(said), said);
    const mend = changes.find(({ command }) => command === 'sudo timedatectl set-ntp true');
    const isKept = (await must('timedatectl', 'show', '--value', '--property', 'NTP')).trim() === 'yes';
    told.claim('and its mend has systemd keep it right', mend?.failure === null && isKept, mend?.undo ?? 'not run');
  } finally {
    rmSync(PROFILE);
    await new Promise((resolve) => servers.close(resolve));
  }
}
