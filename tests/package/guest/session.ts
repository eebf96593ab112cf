/** A session between what was installed in two homes, over the kernel's WireGuard; and another one after an upgrade. */
import { readFileSync } from 'node:fs';
import { find } from '../../../native-host/netd/commands.ts';
import type { Timeline } from '../../e2e/timeline.ts';
import type { Driver } from '../../net/host-driver.ts';
import { PATIENCE } from '../../patience.ts';
import { apt, comesTrue, debsOf, journal, must, property, untilActive } from './machine.ts';
import { PROVIDER_WAN, UNITS_OF_HOMES, type World } from './world.ts';

/** curl's: the machine is emulated. */
const PATIENT = ['--max-time', String(20 * PATIENCE)];
/** What an upgrade may not touch. */
const KEPT = [
  '/var/lib/warren-provider/keystore.json',
  '/var/lib/warren-provider/config.json',
  '/etc/warren/network.json',
];

export async function session(told: Timeline, world: World): Promise<void> {
  await serving(world);
  told.claim(
    'the provider serves, as a user of its own',
    (await property('warren-provider', 'User')) === 'warren-provider',
  );
  const { lab, chain, account } = world;
  const before = await chain.tokenBalance(account);
  await withClient(told, world, async (client) => {
    told.claim('the installed host connects', client.host.exit('de')?.phase === 'up');
    for (const [home, what] of [
      ['cli', 'client'],
      ['de', 'provider'],
    ] as const) {
      const shown = await must('ip', '-n', lab.home(home).host, '-details', 'link', 'show', 'type', 'wireguard');
      told.claim(`the ${what}'s link is the kernel's`, /wrn[0-9a-f]+:/.test(shown) && find('wireguard-go') === null);
    }
    const page = await client.fetch('de', 'https://one.example/', PATIENT);
    told.claim("a page comes through it, from the provider's address", page.includes(PROVIDER_WAN));
    await client.disconnect();
  });
  const paid = await comesTrue(async () => (await chain.tokenBalance(account)) > before);
  told.claim('and is paid for on the chain', paid);
}

export async function upgrade(told: Timeline, world: World): Promise<void> {
  const contents = (): string => KEPT.map((file) => readFileSync(file, 'utf8')).join();
  const [kept, was] = [contents(), await identity(world)];
  await apt('install', '--no-install-recommends', ...debsOf('next'));
  for (const unit of ['warren-netd.service', 'warren-provider.service']) await untilActive(unit);
  await serving(world);
  const is = await identity(world);
  told.claim('the new version runs', is.version === `${was.version}+next`, is.version);
  told.claim('with the same identity', is.did === was.did, is.did);
  told.claim('keystore, settings and network are as they were', contents() === kept);
  await withClient(told, world, async (client) => {
    const page = await client.fetch('de', 'https://one.example/', PATIENT);
    told.claim('and a session works', page.includes(PROVIDER_WAN));
  });
}

/** As the running provider tells it; an emulated one may not answer in time the first time. */
async function identity({ provider }: World): Promise<{ readonly did: string; readonly version: string }> {
  let told = '';
  await comesTrue(async () => {
    const { code, stdout, text } = await provider('status', '--json');
    told = code === 0 ? stdout : text;
    return code === 0;
  });
  return JSON.parse(told);
}

/** Connects, and tells how long each step took; where it fails, what both ends said. */
async function withClient(told: Timeline, world: World, use: (client: Driver) => Promise<void>): Promise<void> {
  const client = await world.client();
  try {
    await client.connect([{ exitId: 'de', country: 'DE' }]);
    const steps = client.host.exit('de')?.steps ?? [];
    told.note(steps.map(({ name, ms }) => `${name} ${Math.round(ms)} ms`).join(', '));
    await use(client);
  } catch (error) {
    told.note(world.hostLog());
    for (const unit of UNITS_OF_HOMES) told.note(`${unit}\n${await journal(unit)}`);
    throw error;
  } finally {
    client.close();
  }
}

/** A provider says by itself when it serves: looked for in what it said since its last start. */
async function serving({ account }: World): Promise<void> {
  const said = await comesTrue(async () => {
    const started = `_SYSTEMD_INVOCATION_ID=${await property('warren-provider', 'InvocationID')}`;
    return /"msg":"serving"/.test(await must('journalctl', '--no-pager', '-o', 'cat', started));
  });
  if (!said) throw new Error(`${account} does not serve\n${await journal('warren-provider')}`);
}
