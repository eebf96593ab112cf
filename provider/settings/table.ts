/**
 * Every setting of a provider, once: from this table come the configuration file with its comments, the
 * flags, the environment variables, the checks, the help and the page in docs/. A setting that is `hot`
 * takes effect while the node runs; the others at its next start.
 */
import { DEFAULT_SERVERS } from '../dns/servers.ts';
import {
  amount,
  count,
  country,
  dnsServer,
  domain,
  interval,
  type Kind,
  list,
  maybe,
  oneOf,
  path,
  port,
  prefix,
  text,
  yesNo,
} from './kinds.ts';

export interface Setting<T> {
  readonly kind: Kind<T>;
  /** Absent: it has to be given. */
  readonly default?: T;
  readonly group: Group;
  readonly hot: boolean;
  /** A sentence or two for people: comment, help and documentation. */
  readonly says: string;
}

export const GROUPS = ['Money', 'Place', 'Limits', 'Reach', 'Files and ports'] as const;
export type Group = (typeof GROUPS)[number];

const hot = <T>(group: Group, kind: Kind<T>, initial: T, says: string): Setting<T> => ({
  kind,
  default: initial,
  group,
  hot: true,
  says,
});
const cold = <T>(group: Group, kind: Kind<T>, initial: T, says: string): Setting<T> => ({
  ...hot(group, kind, initial, says),
  hot: false,
});
const required = <T>(group: Group, kind: Kind<T>, says: string): Setting<T> => ({ kind, group, hot: false, says });

export const SETTINGS = {
  pricePerMB: hot(
    'Money',
    amount(),
    '0.0001',
    'Tokens per 1,000,000 bytes, both directions together. Sessions keep the price that they began with.',
  ),
  minDeposit: hot('Money', amount(), '0.1', 'Tokens that the offer asks clients to deposit.'),
  tokensPerCoin: hot(
    'Money',
    amount(),
    '1',
    'What one coin of the chain is worth in tokens: a claim waits until its gas is at most 2 % of what it brings.',
  ),
  minGraceMinutes: hot(
    'Money',
    count('MINUTES', 60, 43_200),
    1440,
    'Shortest notice of a payer before it may withdraw. You have to be online once within it.',
  ),

  country: hot(
    'Place',
    maybe(country()),
    null,
    'Counts only where the shipped tables know nothing of your address; else they decide.',
  ),
  city: hot('Place', maybe(text(60)), null, 'Shown in the offer, unchecked.'),
  residential: hot('Place', yesNo(), false, 'Counts only where the shipped tables know nothing of your address.'),

  capacityMbps: hot(
    'Limits',
    count('MBIT/S', 1, 100_000),
    100,
    'Told in the offer, and held: what all clients together may receive.',
  ),
  perClientMbps: hot(
    'Limits',
    count('MBIT/S', 0, 100_000),
    0,
    'Most for one client, each direction. 0: no limit of its own; a full line is shared evenly in any case.',
  ),
  fairShareMbps: hot(
    'Limits',
    count('MBIT/S', 0, 1000),
    1,
    'No new client while the line is so full that its even share would be less than this. 0: take them all.',
  ),
  maxClients: hot('Limits', count('N', 1, 4000), 1000, 'More are sent to another node.'),
  minFreeMemoryMB: hot(
    'Limits',
    count('MB', 0, 1_000_000),
    64,
    'No new client while this machine has less memory left.',
  ),
  blockedTcpPorts: hot('Limits', list(port(), 64), [25], 'TCP ports on the internet that clients may not reach.'),
  blockedUdpPorts: hot('Limits', list(port(), 64), [], 'UDP ports on the internet that clients may not reach.'),
  allowedPorts: hot(
    'Limits',
    list(port(), 64),
    [],
    'Nothing but these ports, TCP and UDP: 80,443 carries the web only. Empty: all that are not blocked.',
  ),
  clientConnections: hot('Limits', count('N', 16, 65_535), 1024, 'Connections of one client at once.'),
  clientNewFlows: hot(
    'Limits',
    count('N', 1, 10_000),
    100,
    'New connections of one client in a second; five times as many at once.',
  ),
  blockedDomains: cold(
    'Limits',
    list(domain(), 1000),
    [],
    'Domains whose names are not resolved for clients, each with everything below it.',
  ),
  blockedDomainsFile: cold(
    'Limits',
    maybe(path()),
    null,
    'More of them in a file: a name a line, or in the form of /etc/hosts.',
  ),
  forbid: hot(
    'Limits',
    list(prefix(), 128),
    [],
    'Addresses that clients may not reach, beside the special ranges, this machine, its LAN and its public address.',
  ),

  udpPort: cold(
    'Reach',
    count('PORT', 0, 65_535),
    0,
    'The one public UDP port, for a port that your router forwards. 0: the system chooses, and it changes now and then.',
  ),
  rotation: cold(
    'Reach',
    interval(),
    '300-900',
    'Seconds after which the public port changes, drawn between these; "off" keeps it.',
  ),
  upstreamDns: cold(
    'Reach',
    list(dnsServer(), 4),
    [...DEFAULT_SERVERS],
    'Whom to ask for the names that clients look up, in this order: 9.9.9.9#dns.quad9.net over TLS, 192.168.1.1 in plain text, "system" for what /etc/resolv.conf names.',
  ),

  network: required('Files and ports', path(), 'Network profile: chain, contracts, relays, STUN servers.'),
  keystore: required('Files and ports', path(), 'The encrypted keys.'),
  netdSocket: cold('Files and ports', path(), '/run/warren/netd.sock', 'Where warren-netd listens.'),
  runtimeDir: cold(
    'Files and ports',
    path(),
    '/run/warren',
    'On tmpfs: the journal of proofs and the key to the dashboard. Where there is an $XDG_RUNTIME_DIR, a folder in it.',
  ),
  dashboardPort: cold(
    'Files and ports',
    count('PORT', 0, 65_535),
    4780,
    'The dashboard, on 127.0.0.1 only. 0: whichever is free.',
  ),
  logLevel: hot(
    'Files and ports',
    oneOf('debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'What is logged. No line above debug names a client or where it goes.',
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;
type ValueOf<S> = S extends Setting<infer T> ? T : never;
export type Config = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> };

/** Raw settings: those that somebody named, not yet checked. */
export type Settings = Readonly<Record<string, unknown>>;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** The same table with every row alike, for those who walk over it. */
export function settingOf(name: SettingName): Setting<unknown> {
  return SETTINGS[name] as Setting<unknown>;
}

/** `pricePerMB` → `price-per-mb` */
export function flagOf(name: string): string {
  return name.replace(/([a-z])([A-Z]+)/g, (_, low: string, high: string) => `${low}-${high}`).toLowerCase();
}

/** `pricePerMB` → `WARREN_PROVIDER_PRICE_PER_MB` */
export function variableOf(name: string): string {
  return `WARREN_PROVIDER_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;
}
