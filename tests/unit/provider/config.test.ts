import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ConfigSchema,
  parseConfig,
  readProfile,
  readSettings,
  settingFlags,
  settingsFromFlags,
  writeSettings,
} from '../../../provider/config.ts';

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

  it('are each a flag', () => {
    expect(Object.keys(settingFlags())).toHaveLength(Object.keys(ConfigSchema.entries).length);
    expect(settingFlags()).toHaveProperty('price-per-mb');
    expect(settingFlags()).toHaveProperty('blocked-tcp-ports', { type: 'string', multiple: true });
  });

  it('read numbers, lists and switches from flags', () => {
    const settings = settingsFromFlags({
      'price-per-mb': '0.5',
      'max-clients': '7',
      'blocked-tcp-ports': ['25,465', '587'],
      'upstream-dns': ['9.9.9.9'],
      forbid: [''],
      residential: 'true',
    });
    expect(parseConfig({ ...LEAST, ...settings })).toMatchObject({
      pricePerMB: '0.5',
      maxClients: 7,
      blockedTcpPorts: [25, 465, 587],
      upstreamDns: ['9.9.9.9'],
      forbid: [],
      residential: true,
    });
  });

  it.each([
    ['maxClients', { maxClients: 0 }],
    ['pricePerMB', { pricePerMB: '-1' }],
    ['blockedTcpPorts.0', { blockedTcpPorts: [70_000] }],
    ['country', { country: 'Germany' }],
    ['colour', { colour: 'red' }],
    ['maxClients', settingsFromFlags({ 'max-clients': 'many' })],
  ])('refuse a bad %s and name it', (name, bad) => {
    expect(() => parseConfig({ ...LEAST, ...bad })).toThrow(name);
  });

  it('refuse anything malformed with a typed error and nothing else', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(ConfigSchema.entries), 'x'), fc.anything()), (any) => {
        try {
          parseConfig(any);
        } catch (error) {
          expect(error).toMatchObject({ code: 'frame_malformed' });
        }
      }),
    );
  });

  it('come back from the file as they were written, readable by their owner only', async () => {
    const path = join(folder, 'a', 'config.json');
    const config = parseConfig({ ...LEAST, city: 'Köln', forbid: ['10.1.0.0/16'] });
    await writeSettings(path, config);
    expect(parseConfig(await readSettings(path))).toEqual(config);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toMatch(/\n$/);
  });

  it('are empty without a file, and an error when the file is none of ours', async () => {
    expect(await readSettings(join(folder, 'none.json'))).toEqual({});
    await writeFile(join(folder, 'bad.json'), '[1');
    await expect(readSettings(join(folder, 'bad.json'))).rejects.toMatchObject({ code: 'frame_malformed' });
    await expect(readProfile(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'frame_malformed' });
  });
});
