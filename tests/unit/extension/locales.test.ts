/**
 * Every language says everything: the same words with the same numbered places, none that nobody shows, none
 * that was only copied, and a sentence for every error that a person may meet.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { extensionManifest } from '../../../manifest/extension.ts';
import { ERROR_CODES } from '../../../shared/base/errors.ts';

const EXTENSION = fileURLToPath(new URL('../../../extension/', import.meta.url));
const LOCALES = join(EXTENSION, 'public/_locales');
const LANGUAGES = ['de', 'en', 'es', 'fa', 'zh_CN'];
const TRANSLATED = LANGUAGES.filter((language) => language !== 'en');

/** Rightly the same as in English: a word that both languages share, or no word at all. */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  de: ['nodesIn', 'placeIn', 'scopeContainer'],
  es: ['hours', 'placeIn'],
  fa: [],
  zh_CN: [],
};
/** Letters of the language, where they are not Latin. */
const SCRIPT: Readonly<Record<string, RegExp>> = { fa: /\p{Script=Arabic}/u, zh_CN: /\p{Script=Han}/u };
/** Made of places and signs alone. */
const NO_LETTERS: readonly string[] = ['language', 'nodesIn', 'placeIn'];

type Words = Readonly<Record<string, string>>;

function words(language: string): Words {
  const read = JSON.parse(readFileSync(join(LOCALES, language, 'messages.json'), 'utf8')) as Record<
    string,
    { readonly message: string }
  >;
  return Object.fromEntries(Object.entries(read).map(([key, { message }]) => [key, message]));
}

const english = words('en');
const errorKeys = Object.keys(ERROR_CODES).flatMap((code) => [`error_${code}`, `errorAction_${code}`]);
const places = (text = '') => [...new Set(text.match(/\$\d/g) ?? [])].sort();

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

test('the languages are those that the extension promises', () => {
  expect(readdirSync(LOCALES).sort()).toEqual(LANGUAGES);
  for (const language of LANGUAGES) expect(words(language).language).toBe(language.replace('_', '-'));
});

test('the stores take the name and the description of each', () => {
  for (const language of LANGUAGES) {
    const { appName = '', appDescription = '' } = words(language);
    // addons.mozilla.org: 50 letters; Chrome: 132.
    expect([language, appName.length <= 50, appDescription.length <= 132]).toEqual([language, true, true]);
  }
});

describe.each(TRANSLATED)('%s', (language) => {
  const own = words(language);

  test('says everything that English says, and something for every error', () => {
    // An error comes with its English sentences; only other languages need words of their own for each.
    const wanted = [...new Set([...Object.keys(english), ...errorKeys])];
    expect(Object.keys(own).sort()).toEqual(wanted.sort());
  });

  test('has the same numbered places', () => {
    const differing = Object.keys(english).filter((key) => places(own[key]).join() !== places(english[key]).join());
    expect(differing).toEqual([]);
  });

  test('is translated, not copied', () => {
    const copied = Object.keys(english).filter((key) => own[key] === english[key]);
    expect(copied.sort()).toEqual(SHARED[language]);
    const script = SCRIPT[language];
    const foreign = Object.keys(own).filter((key) => script && !script.test(own[key] ?? ''));
    expect(foreign.filter((key) => !NO_LETTERS.includes(key))).toEqual([]);
  });

  test('leaves nothing empty and no space at an end', () => {
    expect(Object.keys(own).filter((key) => own[key] === '' || own[key] !== own[key]?.trim())).toEqual([]);
  });
});

test('every word is shown somewhere', () => {
  const all = [...sources(EXTENSION), JSON.stringify([extensionManifest('chrome'), extensionManifest('firefox')])];
  const text = all.join('\n');
  const named = new Set([...text.matchAll(/['"`](?:__MSG_)?(\w+?)(?:__)?['"`]/g)].map(([, key]) => key));
  // "step_${name}": every key that starts so.
  const families = [...new Set([...text.matchAll(/`(\w+_)\$\{/g)].map(([, start]) => start ?? ''))];
  const unused = Object.keys(english).filter(
    (key) => !named.has(key) && !families.some((start) => start !== '' && key.startsWith(start)),
  );
  expect(unused).toEqual([]);
});

test('no word for an error that does not exist', () => {
  for (const language of LANGUAGES) {
    const stray = Object.keys(words(language)).filter(
      (key) => /^error(Action)?_/.test(key) && !errorKeys.includes(key),
    );
    expect([language, stray]).toEqual([language, []]);
  }
});

test('styles speak of start and end, not of left and right: Persian runs the other way', () => {
  const folders = [join(EXTENSION, 'ui/styles'), fileURLToPath(new URL('../../../shared/ui', import.meta.url))];
  const sheets = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.css'))
      .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n')),
  );
  const sided = sheets.filter((line) => /^\s*([\w-]+-)?(left|right)\s*:|:\s*(left|right)\s*;/.test(line));
  // The middle is the middle from either side; and a line in a language of its own is put to its side by name.
  expect(sided.map((line) => line.trim()).sort()).toEqual(['left: 50%;', 'text-align: right;']);
});
