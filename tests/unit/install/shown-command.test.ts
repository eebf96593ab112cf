import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { installWays } from '../../../extension/ui/install-command.ts';
import { EXTENSION_ID_CHROMIUM, GECKO_ID } from '../../../manifest/extension.ts';
import { parseCommand } from '../../../native-host/install/options.ts';

describe.each([
  ['Chromium', EXTENSION_ID_CHROMIUM],
  ['Firefox', GECKO_ID],
  ['a store', 'b'.repeat(32)],
])('the commands that the extension shows in %s', (_, id) => {
  const commandOf = (name: string) => installWays(id).find((way) => way.name === name)?.command ?? '';

  test('install for one user, without root, and for this extension', () => {
    const [script, ...args] = commandOf('user').split(' ');
    expect(script).toBe('./warren');
    const { verb, place, extensions } = parseCommand(args, { HOME: '/home/ann' }, '/');
    expect(verb).toBe('install');
    expect(place.hostWrapper).toMatch(/^\/home\/ann\//);
    expect([...extensions.chromium, ...extensions.firefox]).toContain(id);
  });

  test('or from the packages, as the guide says it', () => {
    const guide = readFileSync(new URL('../../../docs/USER.md', import.meta.url), 'utf8');
    for (const command of commandOf('package').split(' && ')) expect(guide).toContain(`\n${command}`);
  });
});
