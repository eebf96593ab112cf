import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settingsHelp, settingsSchema, settingsTable } from '../../../provider/settings/describe.ts';
import { readSettings, template, writeSettings } from '../../../provider/settings/file.ts';
import { parseJsonc } from '../../../provider/settings/jsonc.ts';
import { LiveConfig } from '../../../provider/settings/live.ts';
import { parseConfig } from '../../../provider/settings/parse.ts';
import { readProfile } from '../../../provider/settings/paths.ts';
import { settingFlags, settingsFromEnvironment, settingsFromFlags } from '../../../provider/settings/sources.ts';
import { flagOf, SETTING_NAMES, settingOf, variableOf } from '../../../provider/settings/table.ts';

const LEAST = { network: 'net.json', keystore: 'keys.json' };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'warren-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the settings of a provider', () => {
  it('have safe defaults', () => {
    expect(parseConfig(LEAST)).toMatchObject({ blockedTcpPorts: [25], residential: false, minGraceMinutes: 1440 });
  });

  it('are each a flag, an environment variable and a described line of the file', () => {
    expect(Object.keys(settingFlags())).toHaveLength(SETTING_NAMES.length);
    expect(settingFlags()).toHaveProperty('price-per-mb');
    expect(settingFlags()).toHaveProperty('blocked-tcp-ports', { type: 'string', multiple: true });
    expect(variableOf('pricePerMB')).toBe('WARREN_PROVIDER_PRICE_PER_MB');
    const [file, help, table, schema] = [template({}), settingsHelp(), settingsTable(), settingsSchema()];
    for (const name of SETTING_NAMES) {
      expect(file).toContain(`"${name}":`);
      expect(file).toContain(variableOf(name));
      expect(help).toContain(`--${flagOf(name)} `);
      expect(table).toContain(`| \`${name}\` |`);
      expect(schema.properties).toHaveProperty(name);
      expect(settingOf(name).says).toMatch(/^[A-Z][\s\S]*\.$/);
    }
  });

  it('keep the documentation true: its table is this one', async () => {
    const page = await readFile(new URL('../../../docs/PROVIDER.md', import.meta.url), 'utf8');
    expect(page).toContain(settingsTable());
  });

  it('read numbers, lists and switches from flags', () => {
    const settings = settingsFromFlags({
      'price-per-mb': '0.5',
      'max-clients': '7',
      'blocked-tcp-ports': ['25,465', '587'],

      forbid: [''],
      residential: 'true',
    });
    expect(parseConfig({ ...LEAST, ...settings })).toMatchObject({
      pricePerMB: '0.5',
      maxClients: 7,
      blockedTcpPorts: [25, 465, 587],
      forbid: [],
      residential: true,
    });
  });

  it('read the same from the environment', () => {
    const settings = settingsFromEnvironment({
      WARREN_PROVIDER_MAX_CLIENTS: '7',
      WARREN_PROVIDER_FORBID: '10.1.0.0/16,10.2.0.0/16',
      WARREN_PROVIDER_COLOUR: 'red',
      PATH: '/bin',
    });
    expect(settings).toEqual({ maxClients: 7, forbid: ['10.1.0.0/16', '10.2.0.0/16'] });
  });

  it.each([
    ['maxClients', { maxClients: 0 }],
    ['pricePerMB', { pricePerMB: '-1' }],
    ['blockedTcpPorts.0', { blockedTcpPorts: [70_000] }],
    ['country', { country: 'Germany' }],
    ['colour', { colour: 'red' }],
    ['maxClients', settingsFromFlags({ 'max-clients': 'many' })],
    ['residential', settingsFromFlags({ residential: 'perhaps' })],
    ['rotation', { rotation: '9-1' }],
    ['forbid.0', { forbid: ['10.0.0.0/33'] }],
    ['forbid.0', { forbid: ['fe80::/129'] }],
    ['forbid.0', { forbid: ['10.0.0'] }],
  ])('refuse a bad %s and name it', (name, bad) => {
    expect(() => parseConfig({ ...LEAST, ...bad })).toThrow(name);
  });

  it('say how to give what is missing', () => {
    expect(() => parseConfig({ keystore: 'k' })).toThrow(
      expect.objectContaining({ action: expect.stringContaining('--network') }),
    );
  });

  it('refuse anything malformed with a typed error and nothing else', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...SETTING_NAMES, 'x'), fc.anything()), (any) => {
        try {
          parseConfig(any);
        } catch (error) {
          expect(error).toMatchObject({ code: 'frame_malformed' });
        }
      }),
    );
  });
});

describe('the settings file', () => {
  it('comes back as it was written, readable by its owner only', async () => {
    const path = join(folder, 'a', 'config.json');
    const given = { ...LEAST, city: 'Köln // "Süd"', forbid: ['10.1.0.0/16'] };
    await writeSettings(path, given);
    expect(await readSettings(path)).toEqual(given);
    expect(parseConfig(await readSettings(path))).toEqual(parseConfig(given));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is valid where every default is taken into use', () => {
    const uncommented = template(LEAST).replace(/^ {2}\/\/ ("\w+": )/gm, '  $1');
    expect(parseConfig(parseJsonc(uncommented) as Record<string, unknown>)).toEqual(parseConfig(LEAST));
  });

  it('may be named a schema, and is nothing where there is none', async () => {
    await writeFile(join(folder, 'c.json'), '{ "$schema": "x", "maxClients": 3, /* a */ }');
    expect(await readSettings(join(folder, 'c.json'))).toEqual({ maxClients: 3 });
    expect(await readSettings(join(folder, 'none.json'))).toEqual({});
  });

  it('is refused when it is none of ours', async () => {
    await writeFile(join(folder, 'bad.json'), '[1');
    await expect(readSettings(join(folder, 'bad.json'))).rejects.toMatchObject({ code: 'frame_malformed' });
    await expect(readProfile(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'frame_malformed' });
  });

  it('is read as JSON is, whatever stands in its strings', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(parseJsonc(`// head\n${json} /* tail */`)).toEqual(JSON.parse(json));
      }),
    );
    expect(parseJsonc('{"a": "// no, \\" comment, }", "b": [1, 2, /* x */ ], // y\n}')).toEqual({
      a: '// no, " comment, }',
      b: [1, 2],
    });
    expect(parseJsonc('[1, // ] }\n 2, /* a */ 3 /* b */ ]')).toEqual([1, 2, 3]);
  });
});

describe('a running node', () => {
  it('takes over what is hot, keeps the rest until its next start, and tells both apart', () => {
    const live = new LiveConfig(parseConfig(LEAST));
    const heard: unknown[] = [];
    const stop = live.onChange((changed) => heard.push(changed));
    const next = parseConfig({ ...LEAST, pricePerMB: '0.7', udpPort: 4000, forbid: ['10.9.0.0/16'] });
    expect(live.take(next)).toEqual({ changed: ['pricePerMB', 'forbid'], waiting: ['udpPort'] });
    expect(live.now).toMatchObject({ pricePerMB: '0.7', udpPort: 0, forbid: ['10.9.0.0/16'] });
    expect(live.take(next)).toEqual({ changed: [], waiting: ['udpPort'] });
    expect(heard).toEqual([['pricePerMB', 'forbid']]);
    stop();
    live.take(parseConfig(LEAST));
    expect(heard).toHaveLength(1);
  });
});
