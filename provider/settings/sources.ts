/** Where settings come from beside the file: flags and the environment, both text. */
import { flagOf, SETTING_NAMES, type Settings, settingOf, variableOf } from './table.ts';

/** The flags of `parseArgs`: every setting, lists repeatable. */
export function settingFlags(): Record<string, { type: 'string'; multiple?: boolean }> {
  return Object.fromEntries(
    SETTING_NAMES.map((name) => [
      flagOf(name),
      settingOf(name).kind.list ? { type: 'string' as const, multiple: true } : { type: 'string' as const },
    ]),
  );
}

/** @param flags as `parseArgs` gives them. Lists: the flag repeated, or separated by commas. */
export function settingsFromFlags(flags: Readonly<Record<string, unknown>>): Settings {
  const given = SETTING_NAMES.map((name) => [name, flags[flagOf(name)]] as const);
  return fromTexts(given.map(([name, said]) => [name, Array.isArray(said) ? said.join(',') : said]));
}

export function settingsFromEnvironment(environment: Readonly<Record<string, string | undefined>>): Settings {
  return fromTexts(SETTING_NAMES.map((name) => [name, environment[variableOf(name)]]));
}

function fromTexts(given: readonly (readonly [(typeof SETTING_NAMES)[number], unknown])[]): Settings {
  return Object.fromEntries(
    given.flatMap(([name, said]) => (said === undefined ? [] : [[name, settingOf(name).kind.read(String(said))]])),
  );
}
