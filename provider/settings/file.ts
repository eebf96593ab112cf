/** The configuration file: read, and written anew with a comment above every setting. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { CALLED } from '../../shared/base/called.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import { parseJsonc } from './jsonc.ts';
import {
  flagOf,
  GROUPS,
  type Group,
  SETTING_NAMES,
  type SettingName,
  type Settings,
  settingOf,
  variableOf,
} from './table.ts';

const WIDTH = 110;

/** The settings of a file; none when there is no such file. @throws WarrenError when it is no JSON object. */
export async function readSettings(path: string): Promise<Settings> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null;
    throw unreadable(path, 'can not be read', cause);
  });
  if (text === null) return {};
  try {
    const { $schema: _, ...settings } = v.parse(v.record(v.string(), v.unknown()), parseJsonc(text));
    return settings;
  } catch (cause) {
    const why = cause instanceof SyntaxError ? `: ${cause.message}` : '';
    throw unreadable(path, `is no JSON object${why}`, cause);
  }
}

/** Readable by its owner only: it says where the keys lie. */
export async function writeSettings(path: string, settings: Settings): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, template(settings), { mode: 0o600 });
}

/** The whole file: given settings as they are, the others at their default and commented out. */
export function template(given: Settings): string {
  const head = [
    'Settings of this node. JSON, with comments. Flags and environment variables win over this file.',
    'What is commented out is at its default. "at once": a running node takes the change over when the file is saved.',
  ];
  const lines = GROUPS.flatMap((group) => [
    '',
    `  // ---- ${group}`,
    ...SETTING_NAMES.flatMap((name) => entry(name, group, given)),
  ]);
  return `${head.map((line) => `// ${line}`).join('\n')}\n{${lines.join('\n')}\n}\n`;
}

function entry(name: SettingName, group: Group, given: Settings): readonly string[] {
  const { says, hot, default: initial, ...setting } = settingOf(name);
  if (setting.group !== group) return [];
  const when = hot ? 'At once.' : 'At the next start.';
  const comment = wrap(`${says} ${when} (--${flagOf(name)}, ${variableOf(name)})`).map((line) => `  // ${line}`);
  const isGiven = Object.hasOwn(given, name);
  const value = JSON.stringify(isGiven ? given[name] : (initial ?? null));
  return ['', ...comment, `  ${isGiven ? '' : '// '}"${name}": ${value},`];
}

export function wrap(text: string, width = WIDTH): readonly string[] {
  return text
    .replace(new RegExp(`(.{1,${width}})( |$)`, 'g'), '$1\n')
    .trimEnd()
    .split('\n');
}

function unreadable(path: string, how: string, cause: unknown): WarrenError {
  return new WarrenError('frame_malformed', `${path} ${how}.`, `Mend it, or run "${CALLED.provider('init')}".`, {
    cause,
  });
}
