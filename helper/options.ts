/** The helper's command line. */
import { parseArgs } from 'node:util';
import { CALLED } from '../shared/base/called.ts';
import { WarrenError } from '../shared/base/errors.ts';
import { canonicalIp } from '../shared/base/ip.ts';
import type { TransportAddress } from '../shared/effects.ts';
import { parseTurnUri } from '../shared/wire/turn/uri.ts';
import type { TurnOptions } from './turn.ts';

export const USAGE = `${CALLED.helper()}: STUN server and Nostr relay of the Warren network

  start                    serve until SIGTERM or Ctrl-C

  --stun ADDRESS:PORT      STUN on this address, e.g. 192.0.2.10:3478
  --stun-alt ADDRESS:PORT  a second address and another port: RFC 5780, both ports on both addresses
  --relay ADDRESS:PORT     relay (WebSocket, NIP-11 and /metrics on the same port)
  --proxied                a reverse proxy on this machine carries the relay's TLS: whoever it names last in
                           X-Forwarded-For is whom the limits count
  --peers URL,…            relays whose proposals are copied
  --turn URI,…             TURN relay for which passes are given out at /turn of the relay's port,
                           e.g. turn:192.0.2.11:3478,turns:turn.example.org:443 (RFC 7065)
  --turn-ttl SECONDS       how long a pass is good (default 3600)
  --log LEVEL              debug, info, warn or error (default info)
  --help

Each may stand in the environment instead: WARREN_HELPER_STUN_ALT=192.0.2.11:3479, WARREN_HELPER_PROXIED=1.

WARREN_TURN_SECRET   the TURN relay's static-auth-secret, in the environment: an argument would show in ps
`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const FLAGS = {
  stun: text,
  'stun-alt': text,
  relay: text,
  proxied: flag,
  peers: text,
  turn: text,
  'turn-ttl': text,
  log: text,
} as const;
const DEFAULT_TURN_TTL = 3_600;

export interface HelperOptions {
  readonly stun: TransportAddress | null;
  readonly stunAlternate: TransportAddress | null;
  readonly relay: TransportAddress | null;
  /** The relay's port is reached through a proxy on this machine. */
  readonly proxied: boolean;
  readonly peers: readonly string[];
  readonly turn: TurnOptions | null;
  readonly log: string;
  readonly help: boolean;
}

/** @throws WarrenError frame_malformed with the offending option. */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv = {}): HelperOptions {
  const values = { ...settingsOf(env), ...flagsOf(args) };
  const place = (name: string) => {
    const value = values[name];
    return typeof value === 'string' ? transportAddress(name, value) : null;
  };
  const stun = place('stun');
  const stunAlternate = place('stun-alt');
  const relay = place('relay');
  if (stunAlternate && (!stun || stun.address === stunAlternate.address || stun.port === stunAlternate.port)) {
    throw wrong('--stun-alt needs --stun, and another address and another port than it.');
  }
  if (!stun && !relay && values.help !== true) throw wrong('Nothing to do: give --stun, --relay or both.');
  const peers = typeof values.peers === 'string' ? values.peers.split(',').filter((url) => url !== '') : [];
  const bad = peers.find((url) => !/^wss?:\/\//.test(url));
  if (bad) throw wrong(`--peers: not a ws:// or wss:// URL: ${bad}`);
  const turn = turnOptions(values.turn, values['turn-ttl'], env.WARREN_TURN_SECRET);
  const proxied = values.proxied === true;
  if (proxied && !relay) throw wrong('--proxied is about the relay: give --relay too.');
  if (turn && !relay) throw wrong('--turn needs --relay: passes are given out on its port.');
  const log = typeof values.log === 'string' ? values.log : 'info';
  if (!['debug', 'info', 'warn', 'error', 'silent'].includes(log)) throw wrong(`--log: unknown level ${log}`);
  return { stun, stunAlternate, relay, proxied, peers, turn, log, help: values.help === true };
}

type Value = string | boolean | undefined;
type Values = Readonly<Record<string, Value>>;

function flagsOf(args: readonly string[]): Values {
  const options = { ...FLAGS, help: flag };
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const stray = positionals.slice(positionals[0] === 'start' ? 1 : 0);
    if (stray.length > 0) throw new RangeError(`unknown command: ${stray.join(' ')}`);
    return values;
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** As in a service's environment file: `--stun-alt` is WARREN_HELPER_STUN_ALT. What is empty does not count. */
function settingsOf(env: NodeJS.ProcessEnv): Values {
  const given = Object.entries(FLAGS).flatMap(([name, { type }]): [string, Value][] => {
    const variable = `WARREN_HELPER_${name.toUpperCase().replace('-', '_')}`;
    const value = env[variable] ?? '';
    if (value === '') return [];
    if (type === 'string') return [[name, value]];
    if (value !== '0' && value !== '1') throw wrong(`${variable}: neither 0 nor 1: ${value}`);
    return [[name, value === '1']];
  });
  return Object.fromEntries(given);
}

function turnOptions(list: Value, ttl: Value, secret: string | undefined): TurnOptions | null {
  if (typeof list !== 'string') return null;
  const uris = list.split(',').filter((uri) => uri !== '');
  const bad = uris.find((uri) => !parseTurnUri(uri));
  if (bad !== undefined || uris.length === 0) throw wrong(`--turn: not a TURN URI: ${bad ?? list}`);
  if (!secret) throw wrong("--turn needs the relay's secret in WARREN_TURN_SECRET.");
  const ttlSeconds = typeof ttl === 'string' ? Number(ttl) : DEFAULT_TURN_TTL;
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > 604_800)
    throw wrong(`--turn-ttl: not a number of seconds up to a week: ${String(ttl)}`);
  return { uris, secret, ttlSeconds };
}

function transportAddress(name: string, text: string): TransportAddress {
  const at = text.lastIndexOf(':');
  const address = canonicalIp(text.slice(0, at).replace(/^\[(.*)\]$/, '$1'));
  const port = Number(text.slice(at + 1));
  if (!address || !/^\d+$/.test(text.slice(at + 1)) || port > 65_535)
    throw wrong(`--${name}: not ADDRESS:PORT: ${text}`);
  return { address, port };
}

function wrong(message: string, cause?: unknown): WarrenError {
  return new WarrenError('frame_malformed', message, `See ${CALLED.helper('--help')}.`, { cause });
}
