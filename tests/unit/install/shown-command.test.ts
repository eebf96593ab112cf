import { expect, test } from 'vitest';
import { installCommand } from '../../../extension/ui/install-command.ts';
import { EXTENSION_ID_CHROMIUM, GECKO_ID } from '../../../manifest/extension.ts';
import { parseCommand } from '../../../native-host/install/options.ts';

test.each([
  ['Chromium', EXTENSION_ID_CHROMIUM],
  ['Firefox', GECKO_ID],
  ['a store', 'b'.repeat(32)],
])('the command that the extension shows in %s is one that installs for it', (_, id) => {
  const [sudo, script, ...args] = installCommand(id).split(' ');
  expect([sudo, script]).toEqual(['sudo', './warren']);
  const { verb, extensions } = parseCommand(args, {}, '/');
  expect(verb).toBe('install');
  expect([...extensions.chromium, ...extensions.firefox]).toContain(id);
});
