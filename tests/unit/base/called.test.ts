/** People are told commands that they have: those of the Debian packages, or those of a checkout. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { LIB, PROVIDER } from '../../../packaging/layout.ts';
import { CALLED, calledFrom } from '../../../shared/base/called.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe('a packaged program', () => {
  const called = calledFrom(pathToFileURL(`${PROVIDER}/main.mjs`).href);

  test('is told by where the packages put it', () => {
    expect(called.isPackaged).toBe(true);
    expect(calledFrom(pathToFileURL(`${LIB}/netd.mjs`).href).isPackaged).toBe(true);
  });

  test('names commands of the packages', () => {
    expect(called.doctor).toBe('warren doctor');
    expect(called.provider('doctor')).toBe('warren-provider doctor');
    expect(called.provider()).toBe('warren-provider');
    expect(called.helper('--help')).toBe('warren-helper --help');
    expect(JSON.stringify(called)).not.toContain('./warren');
  });
});

describe('a program of a checkout, or installed from one', () => {
  test.each(['/home/ann/warren/native-host/main.ts', '/usr/local/lib/warren/netd.mjs', `${LIB}-old/main.mjs`])(
    '%s',
    (path) => expect(calledFrom(pathToFileURL(path).href).isPackaged).toBe(false),
  );

  test("names the checkout's one script", () => {
    expect(CALLED.doctor).toBe('./warren doctor');
    expect(CALLED.provider('start')).toBe('./warren provider start');
    expect(CALLED.helper()).toBe('./warren helper');
    expect(CALLED.daemon).toBe('sudo ./warren install');
  });
});

/** They run from a checkout only, or speak of both. */
const OWN_WORDS = ['native-host/install', 'native-host/doctor/checks', 'shared/base/called.ts', 'Login.tsx'];

test('nothing else writes such a command out', () => {
  const files = ['native-host', 'provider', 'helper', 'shared'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const command = /\.\/warren [a-z]|(?<![\w/.])warren-(?:provider|helper) [a-z-]|(?<![\w/.-])warren (?:doctor|install)/;
  const wrong = files
    .filter((file) => /\.tsx?$/.test(file) && !OWN_WORDS.some((own) => file.includes(own)))
    .filter((file) => command.test(withoutComments(readFileSync(join(ROOT, file), 'utf8'))));
  expect(wrong).toEqual([]);
});

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
