/** Changes one setting in the file as its owner would: the rest of it, comments and all, stays as it is. */
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { WarrenError } from '../../shared/base/errors.ts';
import { parseJsonc } from './jsonc.ts';
import type { SettingName } from './table.ts';

/** @throws WarrenError frame_malformed when the file has no place for it; then nothing has changed. */
export async function setSetting(path: string, name: SettingName, value: Value): Promise<void> {
  const before = await readFile(path, 'utf8');
  const after = edited(before, name, value);
  if (after === null)
    throw new WarrenError('frame_malformed', `"${name}" can not be changed in ${path}.`, 'Change it there yourself.');
  const { mode } = await stat(path);
  await writeFile(`${path}.new`, after, { mode });
  await rename(`${path}.new`, path);
}

/** Null: there is no place for it, or something else would be different too. */
export function edited(text: string, name: SettingName, value: Value): string | null {
  const word = JSON.stringify(value);
  const ways: readonly (readonly [RegExp, (found: string, kept: string) => string])[] = [
    [new RegExp(`^([ \\t]*"${name}"[ \\t]*:[ \\t]*)${LITERAL}`, 'm'), (_, kept) => `${kept}${word}`],
    // As `init` leaves a setting that is at its default.
    [new RegExp(`^([ \\t]*)//[ \\t]*"${name}"[ \\t]*:.*$`, 'm'), (_, kept) => `${kept}"${name}": ${word},`],
    [/^([ \t]*)\{/m, (found, kept) => `${found}\n${kept}  "${name}": ${word},`],
  ];
  const way = ways.find(([place]) => place.test(text));
  const after = way && text.replace(way[0], way[1]);
  return after !== undefined && isOnlyChange(text, after, name, value) ? after : null;
}

type Value = number | string | boolean;
const LITERAL = '(?:-?\\d+|"(?:[^"\\\\]|\\\\.)*"|true|false|null)';

function isOnlyChange(before: string, after: string, name: string, value: Value): boolean {
  const sorted = (settings: object) => JSON.stringify(Object.entries(settings).sort());
  try {
    const wanted = { ...(parseJsonc(before) as object), [name]: value };
    return sorted(wanted) === sorted(parseJsonc(after) as object);
  } catch {
    return false;
  }
}
