/** `config`: the settings in force and where each comes from; or the schema of the file. */

import { settingsSchema } from '../settings/describe.ts';
import { readSettings } from '../settings/file.ts';
import { SETTING_NAMES } from '../settings/table.ts';
import type { Invocation } from './invocation.ts';
import { columns, print, printJson } from './print.ts';

export async function config(invocation: Invocation): Promise<void> {
  if (invocation.options.schema) return print(JSON.stringify(settingsSchema(), null, 2));
  const now = await invocation.config();
  if (invocation.options.json) return printJson(now);
  const file = await readSettings(invocation.configPath);
  const source = (name: string) =>
    Object.hasOwn(invocation.given, name) ? 'flag or environment' : Object.hasOwn(file, name) ? 'file' : 'default';
  print(`File: ${invocation.configPath}\n`);
  print(columns(SETTING_NAMES.map((name) => [name, `${JSON.stringify(now[name])}  (${source(name)})`] as const)));
}
