/** What the extension asks for is what docs/STORE.md gives a reason for, in both browsers: no more and no less. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { extensionManifest } from '../../../manifest/extension.ts';

interface Asked {
  readonly permissions: readonly string[];
  readonly optional_permissions?: readonly string[];
  readonly host_permissions: readonly string[];
  readonly content_scripts?: unknown;
}
const asked = (['chrome', 'firefox'] as const).map((browser) => extensionManifest(browser) as unknown as Asked);
const store = readFileSync(new URL('../../../docs/STORE.md', import.meta.url), 'utf8');

test('each permission has its row, each row its permission', () => {
  const table = store.slice(store.indexOf('## Permissions'), store.indexOf('**None is optional'));
  const rows = table.split('\n').flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)]);
  const named = new Set(rows.map(([, name]) => name));
  const wanted = new Set(asked.flatMap(({ permissions }) => permissions));
  expect([...named].sort()).toEqual([...wanted].sort());
  expect(table).toContain('host access to all sites');
});

test('nothing is asked for beside it: one pattern of hosts, no script in any page', () => {
  for (const { host_permissions, optional_permissions, content_scripts } of asked) {
    expect(host_permissions).toEqual(['<all_urls>']);
    expect(optional_permissions).toBeUndefined();
    expect(content_scripts).toBeUndefined();
  }
});
