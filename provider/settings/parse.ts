/** Raw settings in, a whole and checked configuration out. */
import * as v from 'valibot';
import { CALLED } from '../../shared/base/called.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import { type Config, flagOf, SETTING_NAMES, type SettingName, type Settings, settingOf } from './table.ts';

/** @throws WarrenError frame_malformed that names the bad setting. */
export function parseConfig(settings: Settings): Config {
  for (const name of Object.keys(settings)) {
    if (!isSetting(name)) throw bad(name, 'there is no such setting', 'Remove it and start again.');
  }
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, valueFor(name, settings[name])])) as Config;
}

function valueFor(name: SettingName, given: unknown): unknown {
  const { kind, default: initial } = settingOf(name);
  if (given === undefined && initial !== undefined) return initial;
  if (given === undefined)
    throw bad(
      name,
      'it is missing',
      `Run "${CALLED.provider('init')}", or give it with --${flagOf(name)} ${kind.placeholder}.`,
    );
  const parsed = v.safeParse(kind.schema, given);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const inside = v.getDotPath(issue);
  throw bad(inside === null ? name : `${name}.${inside}`, issue.message, 'Mend it and start again.');
}

export function isSetting(name: string): name is SettingName {
  return (SETTING_NAMES as readonly string[]).includes(name);
}

function bad(name: string, why: string, action: string): WarrenError {
  return new WarrenError('frame_malformed', `The setting ${name.slice(0, 80)} is wrong: ${why}.`, action);
}
