/**
 * A machine that makes no user namespaces for ordinary users, and no daemon that would need none: what the doctor
 * says, and what comes of its mend. On the throw-away machine of ../machine.sh.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { makeUser, type Told, told, typed, until } from '../install-programs/person.ts';
import {
  mayUseSudo,
  NO_MORE_NAMESPACES,
  NO_NAMESPACES,
  type Sitting,
  SOCKET,
  showUbuntusSwitch,
  sits,
  startHelper,
} from './machine.ts';

export interface NamespacesStory {
  /** The kernel's own switch is at nought. */
  readonly limited: Told;
  readonly fixed: Sitting;
  /** What it said to type then, typed, and after a new log-in. */
  readonly byHand: string;
  readonly well: Sitting;
}

async function main(): Promise<NamespacesStory> {
  const bob = makeUser('bob');
  mayUseSudo(bob);
  await startHelper();
  await typed('bob', './warren install --user --network manifest/networks/local.json');
  const look = ['runuser', '-u', 'bob', '--', 'env', 'HOME=/home/bob', './warren', 'doctor', '--json'];
  const [perl = '', ...limit] = NO_MORE_NAMESPACES;
  const limited = await told(perl, [...limit, ...look]);

  showUbuntusSwitch();
  const fixed = await sits(bob, './warren doctor --fix', { under: NO_NAMESPACES });
  const byHand = /→ (sudo install -d .*) \(systemd does not run here/.exec(fixed.text)?.[1] ?? '';
  const [folder = 'false', netd = 'false'] = byHand.split(', then ');
  await typed('bob', folder);
  spawn('runuser', ['-u', 'bob', '--', 'sh', '-c', netd], { stdio: 'ignore' });
  await until('netd listens', () => existsSync(SOCKET));
  const well = await sits(bob, './warren doctor', { under: NO_NAMESPACES });
  return { limited, fixed, byHand, well };
}

process.stdout.write(`${JSON.stringify(await main())}\n`);
process.exit(0);
