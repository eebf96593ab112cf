/** `doctor`: looks at everything that the node stands on, whether it runs or not, and says how to mend what is wrong. */
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { asWarrenError, WarrenError } from '../../shared/base/errors.ts';
import { didOf } from '../../shared/base/units.ts';
import { createClock } from '../../shared/node/clock.ts';
import { createDatagrams } from '../../shared/node/datagrams.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import { connectNetd } from '../../shared/node/netd-client.ts';
import { openRendezvous } from '../../shared/node/relays/open.ts';
import { makeInRam } from '../../shared/node/runtime-dir.ts';
import { NETD_VERSION } from '../../shared/wire/netd.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import type { HealthLine } from '../dashboard/status.ts';
import { upstreamServers } from '../dns/servers.ts';
import { NO_NAMES } from '../health.ts';
import { keystoreFacts } from '../keystore.ts';
import { natWords } from '../nat-words.ts';
import { startResolver } from '../resolver.ts';
import { readProfile } from '../settings/paths.ts';
import type { Config } from '../settings/table.ts';
import { clockLine } from './clock-line.ts';
import type { Invocation } from './invocation.ts';
import { lookAround, placeWords } from './look.ts';
import { print, printJson } from './print.ts';
import { fetchStatus } from './running.ts';

const RELAY_MS = 5_000;

export async function doctor(invocation: Invocation): Promise<void> {
  const lines = await examine(invocation);
  const bad = lines.filter(({ ok }) => !ok);
  if (invocation.options.json) printJson(lines);
  else {
    for (const { name, ok, text, action } of lines)
      print(`${ok ? '✓' : '✗'} ${name}: ${text}${action ? `\n    ${action}` : ''}`);
    print(bad.length === 0 ? '\nThe node can work.' : `\n${bad.length} of ${lines.length} need you.`);
  }
  process.exitCode = bad.length === 0 ? 0 : 1;
}

async function examine(invocation: Invocation): Promise<readonly HealthLine[]> {
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
  const rest = await Promise.all([
    keys(config),
    folder(config),
    netd(config),
    ...chain(config, profile),
    clockLine(profile.rpcUrl),
    relays(profile),
    names(config),
    nat(config, profile),
    ...(running ? [] : ports(config)),
  ]);
  const state = running ? `it runs: ${running.state}, ${running.clients.active} clients` : 'it does not run now';
  return [settings.line, ...rest, { name: 'Node', ok: true, text: state, action: null }];
}

/** What a look found, as a line; a failure brings its own words. */
async function line<T>(
  name: string,
  look: () => Promise<readonly [text: string, found: T]>,
): Promise<{ readonly line: HealthLine; readonly found: T | null }> {
  try {
    const [text, found] = await look();
    return { line: { name, ok: true, text, action: null }, found };
  } catch (thrown) {
    const { message, action } = asWarrenError(thrown);
    return { line: { name, ok: false, text: message, action }, found: null };
  }
}

async function plain(name: string, look: () => Promise<string>): Promise<HealthLine> {
  return (await line(name, async () => [await look(), null])).line;
}

function keys({ keystore }: Config): Promise<HealthLine> {
  return plain('Keys', async () => {
    const { address, cold } = await keystoreFacts(keystore);
    if ((statSync(keystore).mode & 0o077) !== 0)
      throw new WarrenError('internal', `Others on this machine may read ${keystore}.`, `Run "chmod 600 ${keystore}".`);
    return cold ? `a hot key for ${address}, which is cold` : address;
  });
}

function folder({ runtimeDir }: Config): Promise<HealthLine> {
  return plain('Runtime folder', async () => {
    await makeInRam(runtimeDir);
    return `${runtimeDir} is in memory`;
  });
}

function netd({ netdSocket }: Config): Promise<HealthLine> {
  return plain('warren-netd', async () => {
    const device = await connectNetd(netdSocket);
    try {
      const { backend, splice } = await device.ask({ verb: 'hello', version: NETD_VERSION });
      if (!splice)
        throw new WarrenError(
          'netd_refused',
          'nftables on this machine does not take what Warren needs.',
          'Run "sudo apt install nftables", and use a kernel from Debian 12 on.',
        );
      return `answers, WireGuard of ${backend === 'kernel' ? 'the kernel' : 'wireguard-go (slower; "sudo modprobe wireguard" if the kernel has it)'}`;
    } finally {
      await device.close();
    }
  });
}

function chain(config: Config, profile: NetworkProfile): readonly Promise<HealthLine>[] {
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
      'Run "warren-provider authorize".',
    );
  });
  void Promise.allSettled([account, registration]).then(() => reader.close());
  return [account, registration];
}

function relays(profile: NetworkProfile): Promise<HealthLine> {
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
function names({ upstreamDns }: Config): Promise<HealthLine> {
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

async function nat(config: Config, profile: NetworkProfile): Promise<HealthLine> {
  const looked = await line('NAT', async () => {
    const look = await lookAround(config, profile);
    return [natWords(look.nat).title, look];
  });
  if (!looked.found) return looked.line;
  const words = natWords(looked.found.nat);
  const text = `${words.title}. ${words.clients} Place: ${placeWords(looked.found.place, config.country)}`;
  return { name: 'NAT', ok: words.good, text, action: words.action };
}

/** Only while the node does not run: it would hold them itself. */
function ports({ udpPort, dashboardPort }: Config): readonly Promise<HealthLine>[] {
  const free = (name: string, port: number, take: () => Promise<() => unknown>) =>
    plain(name, async () => {
      const release = await take().catch((cause: unknown) => {
        throw new WarrenError(
          'port_busy',
          `Port ${port} is in use.`,
          'Close the program that holds it, or set another one.',
          { cause },
        );
      });
      await release();
      return `${port} is free`;
    });
  const dashboard = async () => {
    const server = createServer();
    await once(server.listen(dashboardPort, '127.0.0.1'), 'listening');
    return () => server.close();
  };
  return [
    ...(udpPort === 0
      ? []
      : [
          free('UDP port', udpPort, async () => {
            const datagrams = await createDatagrams({ port: udpPort });
            return () => datagrams.close();
          }),
        ]),
    ...(dashboardPort === 0 ? [] : [free('Dashboard port', dashboardPort, dashboard)]),
  ];
}
