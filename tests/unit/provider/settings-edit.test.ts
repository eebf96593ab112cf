/** One setting changed in a file that a person wrote: everything else stays, or nothing is done. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { edited } from '../../../provider/settings/edit.ts';
import { template } from '../../../provider/settings/file.ts';
import { parseJsonc } from '../../../provider/settings/jsonc.ts';

test('a value that was given is replaced, with what stands beside it', () => {
  const text = '{\n  "network": "/n.json",\n  "dashboardPort": 4780, // mine\n}\n';
  expect(edited(text, 'dashboardPort', 4781)).toBe('{\n  "network": "/n.json",\n  "dashboardPort": 4781, // mine\n}\n');
});

test('one at its default, as init leaves it, is taken out of its comment', () => {
  const text = template({ network: '/n.json', keystore: '/k.json' });
  const after = edited(text, 'dashboardPort', 4781);
  expect(parseJsonc(after ?? '')).toEqual({ network: '/n.json', keystore: '/k.json', dashboardPort: 4781 });
  expect(after?.split('\n')).toHaveLength(text.split('\n').length);
});

test('one that is not named at all comes first', () => {
  expect(parseJsonc(edited('{ "network": "/n.json" }', 'dashboardPort', 4781) ?? '')).toEqual({
    network: '/n.json',
    dashboardPort: 4781,
  });
});

test('where it can not be done rightly it is not done', () => {
  expect(edited('{ "network": "/n.json", "dashboardPort": 4780 }', 'dashboardPort', 4781)).toBeNull();
  expect(edited('no settings', 'dashboardPort', 4781)).toBeNull();
});

test('whatever the file holds, nothing but this setting changes', () => {
  const settings = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.oneof(fc.string(), fc.integer(), fc.boolean()));
  fc.assert(
    fc.property(settings, fc.constantFrom(0, 2), (given, indent) => {
      const after = edited(JSON.stringify(given, null, indent), 'dashboardPort', 4781);
      if (after !== null) expect(parseJsonc(after)).toEqual({ ...given, dashboardPort: 4781 });
    }),
  );
});
