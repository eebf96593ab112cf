/** Typed values in the browser's storage. What does not parse is reported, never silently replaced. */
import * as v from 'valibot';

/** The part of `storage.local` / `storage.session` that is used here. */
export interface StorageArea {
  get(key: string): Promise<Record<string, unknown>>;
  set(items: Record<string, unknown>): Promise<void>;
  remove(key: string): Promise<void>;
}

export type Loaded<T> =
  | { readonly state: 'absent' }
  | { readonly state: 'broken' }
  | { readonly state: 'ok'; readonly value: T };

export async function load<S extends v.GenericSchema>(
  area: StorageArea,
  key: string,
  schema: S,
): Promise<Loaded<v.InferOutput<S>>> {
  const raw = (await area.get(key))[key];
  if (raw === undefined) return { state: 'absent' };
  const parsed = v.safeParse(schema, raw);
  return parsed.success ? { state: 'ok', value: parsed.output } : { state: 'broken' };
}

/** JSON has no big integers; every wei value crosses as decimal text. */
export type Plain<T> = T extends bigint
  ? string
  : T extends readonly (infer U)[]
    ? Plain<U>[]
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T;

export function plain<T>(value: T): Plain<T> {
  return JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item)));
}
