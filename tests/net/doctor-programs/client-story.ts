/**
 * `./warren doctor` before real faults, on the throw-away machine of ../machine.sh: a group that was not joined, a
 * closed device, an old host, packed browsers, a firewall; then busy ports and a wrong clock. Prints what the doctor
 * said as one line of JSON; judging it is the test's part.
 */
import { chmodSync, statSync } from 'node:fs';
import { makeUser, type Told, told, typed } from '../install-programs/person.ts';
import {
  blockUdp,
  FIVE_MINUTES_AHEAD,
  holdPorts,
  installBrowserPackage,
  installOldHost,
  mayUseSudo,
  packBrowsers,
  type Sitting,
  sh,
  sits,
  startHelper,
  startNetd,
  unblockUdp,
} from './machine.ts';

export interface ClientStory {
  /** `doctor --fix`, all questions answered with no, and with yes. */
  readonly refused: Sitting;
  readonly fixed: Sitting;
  readonly tunMode: string;
  readonly members: string;
  /** After a new log-in, what only a person can mend still there. */
  readonly again: Sitting;
  /** That mended, but ports and clock. */
  readonly later: Told;
  readonly well: Sitting;
  /** What it said of taking back, done: the first faults again. */
  readonly undone: Told;
}

async function main(): Promise<ClientStory> {
  const ann = makeUser('ann');
  mayUseSudo(ann);
  await startHelper();
  await startNetd();
  installOldHost(ann);
  packBrowsers(ann);
  blockUdp();
  chmodSync('/dev/net/tun', 0o600);

  const refused = await sits(ann, './warren doctor --fix', { answer: 'n' });
  const fixed = await sits(ann, './warren doctor --fix');
  const tunMode = (statSync('/dev/net/tun').mode & 0o777).toString(8);
  const members = sh('getent group warren').trim();
  const again = await sits(ann, './warren doctor --fix');

  unblockUdp();
  installBrowserPackage();
  sh('sysctl -qw net.ipv4.ip_local_port_range="50000 50003"');
  const hoarder = await holdPorts(ann, 'udp', [50_000, 50_001, 50_002, 50_003]);
  const later = await typed('ann', `${FIVE_MINUTES_AHEAD.join(' ')} ./warren doctor --json`);
  hoarder.kill();
  const well = await sits(ann, './warren doctor');
  const undo = fixed.text.matchAll(/To take it back: (sudo .*)/g);
  for (const [, command = ''] of undo) await told('runuser', ['-u', 'ann', '--', 'sh', '-c', command]);
  const undone = await typed('ann', './warren doctor --json');
  return { refused, fixed, tunMode, members, again, later, well, undone };
}

process.stdout.write(`${JSON.stringify(await main())}\n`);
process.exit(0);
