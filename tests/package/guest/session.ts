/** A session between what was installed in two homes, over the kernel's WireGuard; and another one after an upgrade. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { find } from '../../../native-host/netd/commands.ts';
import type { Timeline } from '../../e2e/timeline.ts';
import { PATIENCE } from '../../patience.ts';
import { apt, debsOf, journal, must, property, untilActive } from './machine.ts';
import { PROVIDER_WAN, type World } from './world.ts';

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
  const client = await world.client();
  await client.connect([{ exitId: 'de', country: 'DE' }]);
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
  client.close();
  told.claim('and is paid for on the chain', (await chain.tokenBalance(account)) > before);
}

export async function upgrade(told: Timeline, world: World): Promise<void> {
  const contents = (): string => KEPT.map((file) => readFileSync(file, 'utf8')).join();
  const identity = async () => JSON.parse(await world.provider('status', '--json')) as { did: string; version: string };
  const [kept, was] = [contents(), await identity()];
  await apt('install', '--no-install-recommends', ...debsOf('next'));
  await untilActive('warren-netd.service');
  await untilActive('warren-provider.service');
  await serving(world);
  const is = await identity();
  told.claim('the new version runs', is.version === `${was.version}+next`, is.version);
  told.claim('with the same identity', is.did === was.did, is.did);
  told.claim('keystore, settings and network are as they were', contents() === kept);
  const client = await world.client();
  await client.connect([{ exitId: 'de', country: 'DE' }]);
  told.claim('and a session works', (await client.fetch('de', 'https://one.example/', PATIENT)).includes(PROVIDER_WAN));
  client.close();
}

/** A provider says by itself when it serves: looked for in what it said since its last start. */
async function serving({ account }: World): Promise<void> {
  for (const deadline = Date.now() + 20_000 * PATIENCE; ; await sleep(500)) {
    const started = `_SYSTEMD_INVOCATION_ID=${await property('warren-provider', 'InvocationID')}`;
    if (/"msg":"serving"/.test(await must('journalctl', '--no-pager', '-o', 'cat', started))) return;
    if (Date.now() > deadline) throw new Error(`${account} does not serve\n${await journal('warren-provider')}`);
  }
}
