/** Everything that the node stands on, whether it runs or not: one finding each. Changes nothing. */
import { statSync } from 'node:fs';
import { CALLED } from '../../shared/base/called.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import { didOf } from '../../shared/base/units.ts';
import { createClock } from '../../shared/node/clock.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import { by } from '../../shared/node/mending.ts';
import { openRendezvous } from '../../shared/node/relays/open.ts';
import { makeInRam } from '../../shared/node/runtime-dir.ts';
import { probeStun } from '../../shared/node/stun-probe.ts';
import { resolveStunServers } from '../../shared/node/stun-servers.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import type { Invocation } from '../cli/invocation.ts';
import { lookAround, placeWords } from '../cli/look.ts';
import { fetchStatus } from '../cli/running.ts';
import { upstreamServers } from '../dns/servers.ts';
import { NO_NAMES } from '../health.ts';
import { keystoreFacts } from '../keystore.ts';
import { natWords } from '../nat-words.ts';
import { startResolver } from '../resolver.ts';
import { readProfile } from '../settings/paths.ts';
import type { Config } from '../settings/table.ts';
import { type Finding, ill, line, plain, well } from './finding.ts';
import { lookAtClock, lookAtNetd } from './machine.ts';
import { lookAtPorts } from './ports.ts';

const RELAY_MS = 5_000;

export async function examine(invocation: Invocation): Promise<readonly Finding[]> {
  const settings = await line('Settings', async () => {
    const config = await invocation.config();
    return [`${invocation.configPath} makes sense`, { config, profile: await readProfile(config.network) }];
  });
  if (!settings.found) return [settings.line];
  const { config, profile } = settings.found;
  const running = await fetchStatus(config).then(
    ({ status }) => status,
    () => null,
  );
  const file = Object.hasOwn(invocation.given, 'dashboardPort') ? null : invocation.configPath;
  const rest = await Promise.all([
    keys(config),
    folder(config),
    lookAtNetd(config.netdSocket),
    ...chain(config, profile),
    lookAtClock(profile),
    relays(profile),
    names(config),
    udp(profile),
    nat(config, profile),
    ...(running ? [] : lookAtPorts(config, file)),
  ]);
  const state = running ? `it runs: ${running.state}, ${running.clients.active} clients` : 'it does not run now';
  return [settings.line, ...rest.flat(), well('Node', state)];
}

function keys({ keystore }: Config): Promise<Finding> {
  const name = 'Keys';
  const mode = statSync(keystore, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o077) !== 0) {
    const mend = by(['chmod', '600', keystore], {
      does: 'Only you may read it then.',
      undo: `chmod ${(mode & 0o777).toString(8)} ${keystore}`,
    });
    return Promise.resolve(ill(name, `Others on this machine may read ${keystore}.`, mend));
  }
  return plain(name, async () => {
    const { address, cold } = await keystoreFacts(keystore);
    return cold ? `a hot key for ${address}, which is cold` : address;
  });
}

function folder({ runtimeDir }: Config): Promise<Finding> {
  return plain('Runtime folder', async () => {
    await makeInRam(runtimeDir);
    return `${runtimeDir} is in memory`;
  });
}

function chain(config: Config, profile: NetworkProfile): readonly Promise<Finding>[] {
  const reader = createLedgerReader(profile);
  const account = plain('Gas', async () => {
    const { address, cold } = await keystoreFacts(config.keystore);
    if (cold) return 'paid by the hot key: its account is on the dashboard';
    const { coin } = await reader.account(address);
    if (coin > 0n) return `the account has ${profile.coinSymbol}`;
    const action = `Send some ${profile.coinSymbol} to ${address}.`;
    throw new WarrenError(
      'funds_insufficient',
      `The account has no ${profile.coinSymbol} for registration and claims.`,
      action,
    );
  });
  const registration = plain('Registration', async () => {
    const { address, cold } = await keystoreFacts(config.keystore);
    const { delegates } = await reader.resolve(didOf(profile.chainId, address));
    const until = Math.max(0, ...delegates.map(({ validTo }) => validTo));
    if (until > 0) return `a hot key may speak for the node until ${new Date(until * 1000).toISOString().slice(0, 10)}`;
    if (!cold) return 'not yet: the first start does it';
    throw new WarrenError(
      'delegate_unknown',
      'The cold identity has let no key speak for it.',
      `Run "${CALLED.provider('authorize')}".`,
    );
  });
  void Promise.allSettled([account, registration]).then(() => reader.close());
  return [account, registration];
}

function relays(profile: NetworkProfile): Promise<Finding> {
  return plain('Relays', async () => {
    const rendezvous = openRendezvous({ relays: profile.relays, clock: createClock() });
    try {
      await rendezvous.ready(RELAY_MS);
      return 'reachable';
    } finally {
      await rendezvous.close();
    }
  });
}

/** The same servers as those that clients' questions go to; it listens nowhere. */
function names({ upstreamDns }: Config): Promise<Finding> {
  return plain('Names', async () => {
    const resolver = await startResolver({
      addresses: [],
      port: 0,
      upstream: await upstreamServers(upstreamDns),
      isClient: () => false,
    });
    const answered = await resolver.look();
    await resolver.close();
    if (!answered) throw new WarrenError('name_unresolvable', 'No DNS server answers.', NO_NAMES);
    return `answered by ${upstreamDns.join(' or ')}`;
  });
}

async function udp(profile: NetworkProfile): Promise<Finding> {
  const name = 'UDP';
  const { asked, answered, refusedHere } = await probeStun(await resolveStunServers(profile.stun));
  if (answered > 0) return well(name, `gets through: ${answered} of ${asked} STUN servers answered`);
  if (refusedHere)
    return ill(
      name,
      `a firewall on this machine lets none out to the ${asked} STUN servers`,
      'Allow outgoing UDP in it: "sudo nft list ruleset" shows every rule.',
    );
  return ill(
    name,
    `none of ${asked} STUN servers answered: your router, or your provider's network, blocks UDP`,
    'Allow UDP in your router. Until then clients need a relay over TCP, which is slower.',
  );
}

async function nat(config: Config, profile: NetworkProfile): Promise<Finding> {
  const name = 'NAT';
  const looked = await line(name, async () => {
    const look = await lookAround(config, profile);
    return [natWords(look.nat).title, look];
  });
  if (!looked.found) return looked.line;
  const words = natWords(looked.found.nat);
  const text = `${words.title}. ${words.clients} Place: ${placeWords(looked.found.place, config.country)}`;
  return { name, ok: words.good, text, action: words.action, mend: null };
}
