/** Our own file of rules, and the one door for every file that a user may bring. */
import * as v from 'valibot';
import { type RouteTable, RouteTableSchema } from '../rules.ts';
import { fromFoxyProxy } from './foxyproxy.ts';
import { type Imported, MAX_IMPORT_BYTES } from './imported.ts';
import { fromList } from './list.ts';
import { fromOmega } from './omega.ts';

const FORMAT = 'warren-rules';
const FileSchema = v.object({ format: v.literal(FORMAT), version: v.literal(1), table: RouteTableSchema });

export type Opened =
  | { readonly kind: 'warren'; readonly table: RouteTable }
  | { readonly kind: 'foreign'; readonly imported: Imported }
  | { readonly kind: 'refused'; readonly why: 'too_large' | 'newer' | 'damaged' | 'nothing' };

/** Temporary rules are of this browser's session and stay behind. */
export function exportRules(table: RouteTable): string {
  const rules = table.rules.filter(({ until }) => until === undefined);
  return `${JSON.stringify({ format: FORMAT, version: 1, table: { ...table, rules } }, null, 2)}\n`;
}

/** @param canUrl whether this browser can hold rules about whole addresses; such rules are left out elsewhere. */
export function openRules(text: string, canUrl: boolean): Opened {
  if (text.length > MAX_IMPORT_BYTES) return { kind: 'refused', why: 'too_large' };
  const json = parseJson(text);
  if (json === undefined) return foreign(fromList(text, canUrl));
  if (typeof json === 'object' && json !== null && 'format' in json && json.format === FORMAT) {
    if ('version' in json && typeof json.version === 'number' && json.version > 1)
      return { kind: 'refused', why: 'newer' };
    const parsed = v.safeParse(FileSchema, json);
    if (!parsed.success) return { kind: 'refused', why: 'damaged' };
    const { table } = parsed.output;
    const rules = table.rules.filter(({ match }) => canUrl || match.kind !== 'url');
    return { kind: 'warren', table: { ...table, rules } };
  }
  const imported = fromFoxyProxy(json, canUrl) ?? fromOmega(json, canUrl);
  return imported ? foreign(imported) : { kind: 'refused', why: 'damaged' };
}

function foreign(imported: Imported): Opened {
  return imported.rules.length > 0 ? { kind: 'foreign', imported } : { kind: 'refused', why: 'nothing' };
}

function parseJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text) || /^\s*\[(AutoProxy|SwitchyOmega)/i.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
