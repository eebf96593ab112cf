/** The table for people and for editors: the help text, a JSON Schema, and the table in docs/PROVIDER.md. */
import { wrap } from './file.ts';
import { flagOf, GROUPS, SETTING_NAMES, settingOf } from './table.ts';

/** Two columns: the flag, and what it does. */
export function settingsHelp(): string {
  const rows = GROUPS.flatMap((group) => [
    `${group}:`,
    ...SETTING_NAMES.filter((name) => settingOf(name).group === group).flatMap((name) => {
      const { kind, says, default: initial } = settingOf(name);
      const shown = initial === undefined || initial === null ? '' : ` (${said(initial) || 'none'})`;
      const [first = '', ...more] = wrap(`${says}${shown}`, 74);
      const flag = `  --${flagOf(name)} ${kind.placeholder}`;
      const indent = ' '.repeat(36);
      const lines = flag.length < 35 ? [`${flag.padEnd(36)}${first}`] : [flag, `${indent}${first}`];
      return [...lines, ...more.map((line) => `${indent}${line}`)];
    }),
    '',
  ]);
  return rows.join('\n').trimEnd();
}

/** JSON Schema, draft 2020-12: an editor that is given it completes and checks the file. */
export function settingsSchema(): Readonly<Record<string, unknown>> {
  const property = (name: (typeof SETTING_NAMES)[number]) => {
    const { kind, says, default: initial } = settingOf(name);
    return { ...kind.json, description: says, ...(initial === undefined ? {} : { default: initial }) };
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Settings of a Warren node',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      ...Object.fromEntries(SETTING_NAMES.map((name) => [name, property(name)])),
    },
  };
}

/** Rows of a Markdown table. */
export function settingsTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { says, hot, default: initial } = settingOf(name);
    const shown = initial === undefined ? '–' : initial === null ? '–' : `\`${said(initial) || 'none'}\``;
    return `| \`${name}\` | ${shown} | ${hot ? 'at once' : 'next start'} | ${says} |`;
  });
  return ['| setting | default | takes effect | what it does |', '|---|---|---|---|', ...rows].join('\n');
}

function said(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}
