#!/usr/bin/env node
/**
 * warren-provider: the residential node's command line. It reads settings and keys, starts the daemon and
 * stops it on a signal; everything else is the daemon's.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { formatUnits } from 'viem';
import { asWarrenError, WarrenError } from '../shared/base/errors.ts';
import { didOf } from '../shared/base/units.ts';
import {
  type Config,
  defaultPaths,
  parseConfig,
  readProfile,
  readSettings,
  settingFlags,
  settingsFromFlags,
  writeSettings,
} from './config.ts';
import { startDaemon } from './daemon.ts';
import { findDashboard, urlOf } from './dashboard/announce.ts';
import type { Status } from './dashboard/status.ts';
import { newKeys } from './identity.ts';
import { createKeystore, keystoreAddress, loadKeys } from './keystore.ts';
import { createLog } from './log.ts';
import { readPassword } from './password.ts';

const USAGE = `warren-provider: lend your connection to the network, and be paid per megabyte

  init      make an identity and a settings file
  start     serve until SIGTERM or Ctrl-C
  status    what the running node does, and the link to its dashboard
  earnings  what it earned and has yet to claim

  --config FILE         settings (default ~/.config/warren-provider/config.json)
  --password-file FILE  the keystore's password; else WARREN_PASSWORD, else you are asked
  --import FILE         init: use the private key (hex) in this file as the identity
  --json                init, status, earnings: print JSON

Every setting is a flag too:
  ${Object.keys(settingFlags())
    .map((name) => `--${name}`)
    .join(' ')
    .replace(/(.{1,90})( |$)/g, '$1\n  ')
    .trim()}
`;

interface Invocation {
  readonly config: Config;
  readonly configPath: string;
  readonly passwordFile: string | undefined;
  readonly importFile: string | undefined;
  readonly json: boolean;
}

async function init(invocation: Invocation): Promise<void> {
  const { config, configPath, importFile, json } = invocation;
  const profile = await readProfile(config.network);
  const keys = newKeys(importFile === undefined ? undefined : readFileSync(importFile, 'utf8').trim());
  await createKeystore(config.keystore, await readPassword(invocation.passwordFile, true), keys.account, keys);
  await writeSettings(configPath, config);
  const did = didOf(profile.chainId, keys.account);
  const facts = { account: keys.account, did, config: configPath, keystore: config.keystore };
  if (json) print(JSON.stringify(facts));
  else
    print(
      `Identity  ${did}\nSettings  ${configPath}\nKeys      ${config.keystore} (back it up, with its password)\n\n` +
        `Send some ${profile.coinSymbol} to ${keys.account} for registration and claims, then run "warren-provider start".`,
    );
}

async function start({ config, passwordFile }: Invocation): Promise<void> {
  const log = createLog(config.logLevel);
  const profile = await readProfile(config.network);
  const keys = await loadKeys(config.keystore, await readPassword(passwordFile, false));
  const signalled = new Promise<null>((done) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => done(null));
  });
  const daemon = await startDaemon(config, profile, keys, log);
  // Only for a person at a terminal: the token must not end up in a journal.
  if (process.stderr.isTTY) process.stderr.write(`Dashboard: ${daemon.url}\n`);
  const error = await Promise.race([signalled, daemon.failed]);
  if (error) log.error({ code: error.code, reason: error.message }, error.action);
  await daemon.stop();
  process.exit(error ? 1 : 0);
}

async function fetchStatus(config: Config): Promise<{ status: Status; url: string }> {
  const dashboard = findDashboard(config.runtimeDir, await keystoreAddress(config.keystore));
  const answer = await fetch(`http://127.0.0.1:${dashboard.port}/api/status`, {
    headers: { authorization: `Bearer ${dashboard.token}` },
    signal: AbortSignal.timeout(5_000),
  });
  return { status: (await answer.json()) as Status, url: urlOf(dashboard) };
}

async function status({ config, json }: Invocation): Promise<void> {
  const { status: now, url } = await fetchStatus(config);
  if (json) return print(JSON.stringify({ ...now, url }));
  const { offer, reach, clients } = now;
  print(
    [
      `State      ${now.state}`,
      `Identity   ${now.did}`,
      `Offer      ${offer ? `${offer.country}, ${offer.network ?? 'unknown network'}, at ${offer.relays} relays` : 'none'}`,
      `Reach      relays ${reach.relays}, ledger ${reach.ledger}`,
      `NAT        ${reach.nat ? `mapping ${reach.nat.mapping}, filtering ${reach.nat.filtering}` : 'not measured yet'}`,
      `Clients    ${clients.active} of at most ${clients.max}, ${clients.served} since the start`,
      ...earningLines(now),
      `Dashboard  ${url}`,
    ].join('\n'),
  );
}

async function earnings({ config, json }: Invocation): Promise<void> {
  const { status: now } = await fetchStatus(config);
  print(json ? JSON.stringify(now.earnings) : earningLines(now).join('\n'));
}

function earningLines({ earnings: { claimed, unclaimed, proofs }, network }: Status): string[] {
  const tokens = (wei: string) => `${formatUnits(BigInt(wei), network.tokenDecimals)} ${network.tokenSymbol}`;
  return [`Claimed    ${tokens(claimed)} since the start`, `Unclaimed  ${tokens(unclaimed)} in ${proofs} channels`];
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const COMMANDS: Readonly<Record<string, (invocation: Invocation) => Promise<void>>> = { init, start, status, earnings };

interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** @throws WarrenError frame_malformed for a flag that does not exist. */
function readArguments(argv: readonly string[]): Arguments {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...settingFlags(),
        config: { type: 'string' },
        'password-file': { type: 'string' },
        import: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (cause) {
    const message = cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : String(cause);
    throw new WarrenError('frame_malformed', `${message}.`, 'Run "warren-provider --help".', { cause });
  }
}

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = readArguments(argv);
  const run = COMMANDS[positionals[0] ?? ''];
  if (values.help === true || !run || positionals.length !== 1) {
    print(USAGE);
    process.exitCode = values.help === true ? 0 : 2;
    return;
  }
  const paths = defaultPaths(homedir(), process.env.XDG_CONFIG_HOME);
  const text = (name: string) => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const configPath = resolve(text('config') ?? paths.config);
  const given = settingsFromFlags(values);
  const settings = { keystore: paths.keystore, ...(await readSettings(configPath)), ...given };
  const parsed = parseConfig(settings);
  await run({
    // The daemon may be started from anywhere later.
    config: { ...parsed, network: resolve(parsed.network), keystore: resolve(parsed.keystore) },
    configPath,
    passwordFile: text('password-file'),
    importFile: text('import'),
    json: values.json === true,
  });
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
  const error = asWarrenError(thrown);
  process.stderr.write(`${error.message}\n${error.action}\n`);
  process.exit(1);
});
