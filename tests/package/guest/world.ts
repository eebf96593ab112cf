/**
 * Two homes, with what was installed on this machine in both: the packaged units are told by drop-ins which home's
 * network they have, and nothing else. The provider's home gets a copy of the daemon's unit. No NAT between them: an
 * emulated machine is too slow for what has to be asked in time of a STUN server, and the suite nat has all of them.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Address } from '../../../shared/base/units.ts';
import type { Timeline } from '../../e2e/timeline.ts';
import { type Chain, profileOf, startChain } from '../../lab/chain.ts';
import { RELAY_PORT, STUN_PORT } from '../../lab/helper.ts';
import { createLab, type Lab } from '../../lab/lab.ts';
import { wrapped } from '../../lab/process.ts';
import { SERVERS } from '../../lab/servers.ts';
import { type Driver, startDriver } from '../../net/host-driver.ts';
import { hostProgram } from './install.ts';
import { attempt, must, type Result, USER, untilActive } from './machine.ts';

const UNITS = '/etc/systemd/system';
const HOME_NETD = 'warren-netd-home.service';
const PACKAGED = ['warren-provider', 'warren-helper', 'warren-netd'] as const;
export const UNITS_OF_HOMES = [...PACKAGED, HOME_NETD] as const;
const PASSWORD = 'the password of a test';
export const PROVIDER_WAN = '84.130.44.21';

export interface World {
  readonly lab: Lab;
  readonly chain: Chain;
  /** What the provider is paid at. */
  readonly account: Address;
  /** A person at a browser of the other home, with money. */
  client(): Promise<Driver>;
  /** A command in the provider's home, by root. */
  provider(...args: readonly string[]): Promise<Result>;
  /** A command at a terminal of the client's home, by the person there. */
  person(...command: readonly string[]): Promise<Result>;
  /** What hosts wrote down, in order. */
  hostLog(): string;
  close(): Promise<void>;
}

export async function furnish(told: Timeline): Promise<World> {
  const lab = await createLab({
    homes: [
      { name: 'cli', wan: '90.54.12.7', lan: 1, nat: 'open' },
      { name: 'de', wan: PROVIDER_WAN, lan: 2, nat: 'open' },
    ],
  });
  const chain = await startChain(lab);
  const profile = profileOf(chain, { stun: STUN_PORT, relay: RELAY_PORT });
  writeFileSync('/etc/warren/network.json', `${JSON.stringify(profile, null, 2)}\n`);
  const inHome = ['netns', 'exec', lab.home('de').host, 'env', `WARREN_PASSWORD=${PASSWORD}`, 'warren-provider'];
  const provider = (...args: readonly string[]): Promise<Result> => attempt('ip', ...inHome, ...args);
  await giveHomes(lab);
  await startHelper(lab);
  const made = await must(
    'ip',
    ...[...inHome, 'init', '--json', '--netd-socket', '/run/warren-home/netd.sock'],
    ...['--price-per-mb', '0.0002', '--country', 'DE', '--upstream-dns', 'system'],
  );
  const { account } = JSON.parse(made) as { readonly account: Address };
  await chain.give(account, { coin: '1' });
  const client = await clientOf(lab);
  for (const [what, { code, text }] of [
    ['warren-provider doctor finds nothing wrong before the first start', await provider('doctor')],
    ['warren doctor finds nothing in the way', await byPerson(client, 'warren', 'doctor')],
  ] as const)
    told.claim(what, code === 0, text.trim().replaceAll(/\s*\n\s*/g, '; '));
  writeFileSync('/etc/warren-provider/password', `${PASSWORD}\n`, { mode: 0o600 });
  await must('systemctl', 'start', 'warren-provider');
  await untilActive('warren-provider');
  return {
    lab,
    chain,
    account,
    provider,
    person: (...command) => byPerson(client, ...command),
    hostLog: () => (existsSync(client.log) ? readFileSync(client.log, 'utf8') : 'no host began a log'),
    client: async () => {
      const driver = await startDriver({ lab, client });
      await chain.give(driver.account.address, { token: '5', coin: '1' });
      return driver;
    },
    close: async () => {
      await must('systemctl', 'stop', ...UNITS_OF_HOMES);
      for (const name of [HOME_NETD, ...PACKAGED.map((unit) => `${unit}.service.d`)])
        rmSync(`${UNITS}/${name}`, { recursive: true });
      await must('systemctl', 'daemon-reload');
      await lab.close();
      rmSync('/etc/netns', { recursive: true, force: true });
    },
  };
}

async function giveHomes(lab: Lab): Promise<void> {
  const [client, provider] = [lab.home('cli').host, lab.home('de').host];
  const packaged = readFileSync('/usr/lib/systemd/system/warren-netd.service', 'utf8');
  const copy = packaged.replaceAll('/run/warren', '/run/warren-home').replace(/^RuntimeDirectory=.*/m, '$&-home');
  writeFileSync(`${UNITS}/${HOME_NETD}`, copy.replace('[Service]', `[Service]\n${within(provider)}`));
  dropIn('warren-netd', `[Service]\n${within(client)}`);
  dropIn(
    'warren-provider',
    `[Unit]\nRequires=${HOME_NETD}\nAfter=${HOME_NETD}\n[Service]\n${within(provider)}` +
      `BindReadOnlyPaths=/etc/netns/${provider}/resolv.conf:/etc/resolv.conf\n`,
  );
  await must('systemctl', 'daemon-reload');
  await must('systemctl', 'restart', 'warren-netd', HOME_NETD);
  for (const unit of ['warren-netd', HOME_NETD]) await untilActive(unit);
}

/** On the internet, as whoever runs one would set it up. */
async function startHelper(lab: Lab): Promise<void> {
  const [first, second] = SERVERS.helper;
  const settings = [
    `WARREN_HELPER_STUN=${first}:${STUN_PORT}`,
    `WARREN_HELPER_STUN_ALT=${second}:${STUN_PORT + 1}`,
    `WARREN_HELPER_RELAY=${first}:${RELAY_PORT}`,
  ];
  writeFileSync('/etc/warren/helper.conf', `${settings.join('\n')}\n`);
  dropIn('warren-helper', `[Service]\n${within(lab.inet)}`);
  await must('systemctl', 'daemon-reload');
  await must('systemctl', 'enable', '--now', 'warren-helper');
  await untilActive('warren-helper');
}

const within = (namespace: string): string => `NetworkNamespacePath=/run/netns/${namespace}\n`;

function dropIn(unit: string, text: string): void {
  mkdirSync(`${UNITS}/${unit}.service.d`, { recursive: true });
  writeFileSync(`${UNITS}/${unit}.service.d/home.conf`, text);
}

async function clientOf(lab: Lab) {
  const idOf = async (database: string, name: string): Promise<number> =>
    Number((await must('getent', database, name)).split(':')[2]);
  const [uid, warren] = [await idOf('passwd', USER), await idOf('group', 'warren')];
  const user = { uid, gid: await idOf('group', USER), groups: [warren], home: `/home/${USER}` };
  const runtime = lab.runtimeFolder('client', user);
  const log = join(lab.runtimeFolder('client-log', user), 'host.log');
  return { home: lab.home('cli'), user, runtime, log, hostArguments: ['--log', log], program: hostProgram() };
}

/** At a terminal of the client's home. */
function byPerson(
  { home, user, runtime }: Awaited<ReturnType<typeof clientOf>>,
  ...command: readonly string[]
): Promise<Result> {
  const environment = [`HOME=${user.home}`, `XDG_RUNTIME_DIR=${runtime}`];
  return attempt('ip', ...wrapped(home.host, user, 'env', [...environment, ...command]));
}
