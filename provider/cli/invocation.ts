/** What was typed: the command, its options, and the settings from flags, environment and file. */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CALLED } from '../../shared/base/called.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import { readSettings } from '../settings/file.ts';
import { parseConfig } from '../settings/parse.ts';
import { defaultPaths } from '../settings/paths.ts';
import { settingFlags, settingsFromEnvironment, settingsFromFlags } from '../settings/sources.ts';
import type { Config, Settings } from '../settings/table.ts';

export interface Invocation {
  /** The command, then what it is about. */
  readonly words: readonly string[];
  readonly configPath: string;
  /** Said by flags and environment alone. */
  readonly given: Settings;
  readonly options: Options;
  /** The file as it is now under what was given. @throws WarrenError frame_malformed. */
  config(more?: Settings): Promise<Config>;
}

export interface Options {
  readonly passwordFile: string | undefined;
  readonly import: string | undefined;
  readonly cold: string | undefined;
  readonly identity: string | undefined;
  readonly days: string | undefined;
  readonly noCheck: boolean;
  readonly print: boolean;
  readonly schema: boolean;
  readonly yes: boolean;
  readonly fix: boolean;
  readonly coin: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

const OPTIONS = {
  config: { type: 'string' },
  'password-file': { type: 'string' },
  import: { type: 'string' },
  cold: { type: 'string' },
  identity: { type: 'string' },
  days: { type: 'string' },
  'no-check': { type: 'boolean', default: false },
  print: { type: 'boolean', default: false },
  schema: { type: 'boolean', default: false },
  yes: { type: 'boolean', short: 'y', default: false },
  fix: { type: 'boolean', default: false },
  coin: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws WarrenError frame_malformed for a flag that does not exist. */
export function readInvocation(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Invocation {
  const { values, positionals } = parse(argv);
  const text = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
  const is = (name: string) => values[name] === true;
  const { config: defaultConfig, ...defaults } = defaultPaths(homedir(), environment);
  const configPath = resolve(text('config') ?? environment.WARREN_PROVIDER_CONFIG ?? defaultConfig);
  const given = { ...settingsFromEnvironment(environment), ...settingsFromFlags(values) };
  return {
    words: positionals,
    configPath,
    given,
    options: {
      passwordFile: text('password-file'),
      import: text('import'),
      cold: text('cold'),
      identity: text('identity'),
      days: text('days'),
      noCheck: is('no-check'),
      print: is('print'),
      schema: is('schema'),
      yes: is('yes'),
      fix: is('fix'),
      coin: is('coin'),
      json: is('json'),
      help: is('help'),
    },
    async config(more = {}) {
      const file = await readSettings(configPath);
      const config = parseConfig({ ...defaults, ...file, ...given, ...more });
      // The daemon may be started from anywhere later.
      const { network, keystore, blockedDomainsFile: list } = config;
      return {
        ...config,
        network: resolve(network),
        keystore: resolve(keystore),
        blockedDomainsFile: list === null ? null : resolve(list),
      };
    },
  };
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

function parse(argv: readonly string[]): { readonly values: Values; readonly positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: { ...settingFlags(), ...OPTIONS } });
  } catch (cause) {
    const message = cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : String(cause);
    throw new WarrenError('frame_malformed', `${message}.`, `Run "${CALLED.provider('--help')}".`, { cause });
  }
}
