/**
 * `./warren provider doctor --fix` before real faults, on the throw-away machine of ../machine.sh: keys that others
 * may read, a group that was not joined, busy ports, a firewall, a wrong clock; then another firewall that drops what
 * is forwarded. There is no chain on this machine, so what it says of that is not looked at.
 */
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { makeUser } from '../install-programs/person.ts';
import {
  blockUdp,
  FIVE_MINUTES_AHEAD,
  holdPorts,
  mayUseSudo,
  type Sitting,
  sh,
  sits,
  startHelper,
  startNetd,
  unblockUdp,
} from './machine.ts';

export interface ProviderStory {
  /** `doctor --fix` before the first faults, and after a new log-in before the second. */
  readonly first: Sitting;
  readonly second: Sitting;
  readonly keyMode: string;
  readonly settings: string;
  readonly forwardChain: string;
  /** Nothing is left that mends itself. */
  readonly third: Sitting;
}

const FOLDER = '/home/eve/.config/warren-provider';
const DASHBOARD = 4780;
const UDP = 40_400;

async function main(): Promise<ProviderStory> {
  const eve = makeUser('eve');
  mayUseSudo(eve);
  await startHelper();
  await startNetd();
  sh('echo "a quiet burrow" >/run/password; chmod 644 /run/password');
  const ask = ['--no-check', '--yes', '--network', 'manifest/networks/local.json', '--password-file', '/run/password'];
  const own = ['--udp-port', String(UDP), '--upstream-dns', '127.0.0.1'];
  const made = await sits(eve, ['./warren provider init', ...ask, ...own].join(' '));
  if (made.code !== 0) throw new Error(made.text);
  chmodSync(`${FOLDER}/keystore.json`, 0o644);
  blockUdp();
  const holders = [await holdPorts(eve, 'tcp', [DASHBOARD]), await holdPorts({ name: 'root' }, 'udp', [UDP])];
  const first = await sits(eve, `${FIVE_MINUTES_AHEAD.join(' ')} ./warren provider doctor --fix`);

  unblockUdp();
  for (const holder of holders) holder.kill();
  sh(`nft add table ip filter
    nft 'add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'`);
  const second = await sits(eve, './warren provider doctor --fix');
  const third = await sits(eve, './warren provider doctor --fix');
  return {
    first,
    second,
    third,
    keyMode: (statSync(`${FOLDER}/keystore.json`).mode & 0o777).toString(8),
    settings: readFileSync(`${FOLDER}/config.json`, 'utf8'),
    forwardChain: sh('nft list chain ip filter FORWARD'),
  };
}

process.stdout.write(`${JSON.stringify(await main())}\n`);
process.exit(0);
