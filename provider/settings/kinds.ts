/** The kinds of values that a setting may have: for each how it is checked, read from text, and described. */
import { isIP } from 'node:net';
import * as v from 'valibot';
import { parseInterval } from '../../shared/machine/traversal/interval.ts';
import { CountrySchema, PortSchema } from '../../shared/wire/schema.ts';
import { isServerEntry } from '../dns/servers.ts';

export interface Kind<T> {
  readonly schema: v.GenericSchema<unknown, T>;
  /** What a flag or an environment variable says. No such value: the text itself, for the schema to refuse. */
  read(text: string): unknown;
  /** Stands for the value in the help: `--price-per-mb TOKENS`. */
  readonly placeholder: string;
  /** A list: its flag may be repeated, its texts are separated by commas. */
  readonly list: boolean;
  /** The same as a JSON Schema, for editors. */
  readonly json: Readonly<Record<string, unknown>>;
}

const words = (text: string): unknown => text;
const number = (text: string): unknown => (/^\d{1,9}$/.test(text) ? Number(text) : text);

function kind<T>(
  placeholder: string,
  schema: v.GenericSchema<unknown, T>,
  json: Kind<T>['json'],
  read = words,
): Kind<T> {
  return { schema, read, placeholder, list: false, json };
}

export const path = (): Kind<string> =>
  kind('FILE', v.pipe(v.string(), v.minLength(1), v.maxLength(4096)), { type: 'string', minLength: 1 });

export const text = (most: number): Kind<string> =>
  kind('TEXT', v.pipe(v.string(), v.maxLength(most)), { type: 'string', maxLength: most });

const AMOUNT = /^\d{1,12}(\.\d{1,18})?$/;

/** In whole tokens, as text: a float would lose money. */
export const amount = (): Kind<string> =>
  kind('TOKENS', v.pipe(v.string(), v.regex(AMOUNT, 'expected an amount of tokens, as 0.0001')), {
    type: 'string',
    pattern: AMOUNT.source,
  });

export const count = (placeholder: string, least: number, most: number): Kind<number> =>
  kind(
    placeholder,
    v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most)),
    { type: 'integer', minimum: least, maximum: most },
    number,
  );

export const port = (): Kind<number> =>
  kind('PORT', PortSchema, { type: 'integer', minimum: 1, maximum: 65_535 }, number);

export const yesNo = (): Kind<boolean> =>
  kind('true|false', v.boolean(), { type: 'boolean' }, (said) => ({ true: true, false: false })[said] ?? said);

export const country = (): Kind<string> => kind('CC', CountrySchema, { type: 'string', pattern: '^[A-Z]{2}$' });

/** Whom to ask for names (dns/servers.ts). */
export const dnsServer = (): Kind<string> =>
  kind(
    'SERVER',
    v.pipe(
      v.string(),
      v.maxLength(300),
      v.check(isServerEntry, 'expected 9.9.9.9#dns.quad9.net (over TLS), 9.9.9.9 (in plain text), or system'),
    ),
    { type: 'string', maxLength: 300 },
  );

const DOMAIN = /^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})+$/;

export const domain = (): Kind<string> =>
  kind('DOMAIN', v.pipe(v.string(), v.maxLength(253), v.regex(DOMAIN, 'expected a domain, as ads.example')), {
    type: 'string',
    pattern: DOMAIN.source,
  });

const PREFIX = /^[0-9a-f.:]+(\/\d{1,3})?$/;

export const prefix = (): Kind<string> =>
  kind(
    'PREFIX',
    v.pipe(v.string(), v.maxLength(64), v.check(isPrefix, 'expected an address or prefix, as 10.1.0.0/16')),
    {
      type: 'string',
      pattern: PREFIX.source,
    },
  );

/** As the firewall takes it: a mistake must show when the settings are read. */
function isPrefix(said: string): boolean {
  const [address = '', bits] = said.split('/');
  const family = PREFIX.test(said) ? isIP(address) : 0;
  return family !== 0 && (bits === undefined || Number(bits) <= (family === 4 ? 32 : 128));
}

/** Seconds between two of these, or "off". */
export const interval = (): Kind<string> =>
  kind(
    'SECONDS',
    v.pipe(
      v.string(),
      v.check((said) => said === 'off' || parseInterval(said) !== null, 'expected seconds as 300-900, or off'),
    ),
    { type: 'string', pattern: '^(off|\\d+-\\d+)$' },
  );

export function oneOf<const T extends readonly string[]>(...options: T): Kind<T[number]> {
  return kind(options.join('|'), v.picklist(options), { enum: options });
}

export function list<T>(of: Kind<T>, most: number): Kind<readonly T[]> {
  return {
    schema: v.pipe(v.array(of.schema), v.maxLength(most)),
    read: (said) => said.split(',').flatMap((one) => (one === '' ? [] : [of.read(one)])),
    placeholder: `${of.placeholder},…`,
    list: true,
    json: { type: 'array', items: of.json, maxItems: most },
  };
}

/** May be left unsaid. */
export function maybe<T>(of: Kind<T>): Kind<T | null> {
  return { ...of, schema: v.nullable(of.schema), json: { anyOf: [of.json, { type: 'null' }] } };
}
