/**
 * The settings of a provider: one schema for the JSON file and for the command line, where every
 * setting is a flag of the same name in kebab-case. Flags win over the file, the file over defaults.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { WarrenError } from '../shared/base/errors.ts';
import { parseInterval } from '../shared/machine/traversal/interval.ts';
import { type NetworkProfile, NetworkProfileSchema } from '../shared/wire/network.ts';
import { CountrySchema, PortSchema } from '../shared/wire/schema.ts';

const Path = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const Amount = v.pipe(v.string(), v.regex(/^\d{1,12}(\.\d{1,18})?$/, 'expected an amount of tokens, as 0.0001'));
const Count = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const Prefix = v.pipe(
  v.string(),
  v.maxLength(64),
  v.regex(/^[0-9a-f.:]+(\/\d{1,3})?$/, 'expected an address or prefix'),
);

export const ConfigSchema = v.strictObject({
  /** Network profile: chain, contracts, relays, STUN servers (shared/wire/network.ts). */
  network: Path,
  keystore: Path,
  netdSocket: v.optional(Path, '/run/warren/netd.sock'),
  /** On tmpfs: the journal of proofs and nothing else. */
  runtimeDir: v.optional(Path, '/run/warren'),
  /** What the offer says where the shipped tables know nothing of our address; else they decide. */
  country: v.optional(CountrySchema),
  city: v.optional(v.pipe(v.string(), v.maxLength(60))),
  /** Used only where the tables know nothing of our address; the offer then rests on your word. */
  residential: v.optional(v.boolean(), false),
  /** In tokens, per 1,000,000 bytes. */
  pricePerMB: v.optional(Amount, '0.0001'),
  /** In tokens: what the offer asks for. */
  minDeposit: v.optional(Amount, '0.1'),
  /** What one coin of the chain is worth in tokens: decides when a claim is worth its gas. */
  tokensPerCoin: v.optional(Amount, '1'),
  minGraceMinutes: v.optional(Count(60, 43_200), 1440),
  capacityMbps: v.optional(Count(1, 100_000), 100),
  /** 0: no limit for one client. */
  perClientMbps: v.optional(Count(0, 100_000), 0),
  maxClients: v.optional(Count(1, 4000), 1000),
  blockedTcpPorts: v.optional(v.pipe(v.array(PortSchema), v.maxLength(64)), [25]),
  /** Addresses clients may not reach, beside the special ranges, this machine, its LAN and its public address. */
  forbid: v.optional(v.pipe(v.array(Prefix), v.maxLength(128)), []),
  /** DNS servers for clients' names; empty: those of /etc/resolv.conf. */
  upstreamDns: v.optional(v.pipe(v.array(v.pipe(v.string(), v.ip())), v.maxLength(4)), []),
  /** The one public UDP port; 0: the system chooses. */
  udpPort: v.optional(Count(0, 65_535), 0),
  /** Seconds after which the public port changes, drawn between these; "off" keeps it, as a forwarded port wants. */
  rotation: v.optional(
    v.pipe(
      v.string(),
      v.check((text) => text === 'off' || parseInterval(text) !== null, 'expected seconds as 300-900, or off'),
    ),
    '300-900',
  ),
  dashboardPort: v.optional(Count(0, 65_535), 4780),
  logLevel: v.optional(v.picklist(['debug', 'info', 'warn', 'error', 'silent']), 'info'),
});
export type Config = v.InferOutput<typeof ConfigSchema>;

/** Raw settings: those that the file or the flags name, not yet checked. */
export type Settings = Readonly<Record<string, unknown>>;

/** The flags of `parseArgs`: every setting, with its kind read off the schema. */
export function settingFlags(): Record<string, { type: 'string'; multiple?: boolean }> {
  const flags: Record<string, { type: 'string'; multiple?: boolean }> = {};
  for (const name of Object.keys(ConfigSchema.entries))
    flags[kebab(name)] = LISTS.has(name) ? { type: 'string', multiple: true } : { type: 'string' };
  return flags;
}

/** Turns flags (all text) into settings. Lists: repeat the flag, or separate by commas. */
export function settingsFromFlags(flags: Readonly<Record<string, unknown>>): Settings {
  const settings: Record<string, unknown> = {};
  for (const name of Object.keys(ConfigSchema.entries)) {
    const given = flags[kebab(name)];
    if (given === undefined) continue;
    const texts = (Array.isArray(given) ? given : [given]).flatMap((text) => String(text).split(','));
    if (LISTS.has(name)) settings[name] = texts.filter((text) => text !== '').map((text) => typed(name, text));
    else settings[name] = typed(name, String(given));
  }
  return settings;
}

/** @throws WarrenError frame_malformed that names the bad setting. */
export function parseConfig(settings: Settings): Config {
  const parsed = v.safeParse(ConfigSchema, settings);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const name = v.getDotPath(issue) ?? 'the file';
  throw new WarrenError(
    'frame_malformed',
    `The setting ${name} is wrong: ${issue.message}`,
    'Mend it and start again.',
  );
}

/** The settings of a file; none when there is no such file. @throws WarrenError when it is no JSON object. */
export async function readSettings(path: string): Promise<Settings> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return {};
  try {
    return v.parse(v.record(v.string(), v.unknown()), JSON.parse(text));
  } catch (cause) {
    throw new WarrenError('frame_malformed', `${path} is no JSON object.`, 'Mend it, or run "warren-provider init".', {
      cause,
    });
  }
}

export async function writeSettings(path: string, config: Config): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}

/** @throws WarrenError frame_malformed when the file is missing or no profile. */
export async function readProfile(path: string): Promise<NetworkProfile> {
  try {
    return v.parse(NetworkProfileSchema, JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new WarrenError('frame_malformed', `${path} is no network profile.`, 'Give one with --network FILE.', {
      cause,
    });
  }
}

/** Where things lie unless told otherwise: the XDG configuration folder. */
export function defaultPaths(home: string, xdg: string | undefined): { config: string; keystore: string } {
  const folder = join(xdg ?? join(home, '.config'), 'warren-provider');
  return { config: join(folder, 'config.json'), keystore: join(folder, 'keystore.json') };
}

const LISTS = new Set(['blockedTcpPorts', 'forbid', 'upstreamDns']);
const NUMBERS = new Set([
  'minGraceMinutes',
  'capacityMbps',
  'perClientMbps',
  'maxClients',
  'blockedTcpPorts',
  'udpPort',
  'dashboardPort',
]);

function typed(name: string, text: string): unknown {
  if (NUMBERS.has(name)) return /^\d+$/.test(text) ? Number(text) : text;
  if (name === 'residential') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

function kebab(name: string): string {
  return name.replace(/([a-z])([A-Z]+)/g, (_, low: string, high: string) => `${low}-${high}`).toLowerCase();
}
