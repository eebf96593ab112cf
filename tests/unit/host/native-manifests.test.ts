import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXTENSION_ID_CHROMIUM, GECKO_ID } from '../../../manifest/extension.ts';
import { writeHostWrapper, writeNativeManifests } from '../../../manifest/native-messaging.ts';
import { NATIVE_HOST_NAME } from '../../../shared/wire/native.ts';
import { MEMORY } from '../../memory.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(`${MEMORY}/warren-manifests-`);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the native-messaging manifest', () => {
  test.each([
    ['chromium', EXTENSION_ID_CHROMIUM, { allowed_origins: [`chrome-extension://${EXTENSION_ID_CHROMIUM}/`] }],
    ['firefox', GECKO_ID, { allowed_extensions: [GECKO_ID] }],
  ] as const)('for %s allows our extension and no other', async (browser, extensionId, allowed) => {
    const hostPath = '/opt/a "quoted" folder/warren-host';
    const file = await writeNativeManifests({ dir, hostPath, browser, extensionId });
    expect(file).toBe(join(dir, `${NATIVE_HOST_NAME}.json`));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      name: NATIVE_HOST_NAME,
      description: expect.any(String),
      path: hostPath,
      type: 'stdio',
      ...allowed,
    });
  });

  test('is refused with a relative host path or a foreign id', async () => {
    const good = {
      dir,
      hostPath: '/opt/warren-host',
      browser: 'chromium',
      extensionId: EXTENSION_ID_CHROMIUM,
    } as const;
    await expect(writeNativeManifests({ ...good, hostPath: 'warren-host' })).rejects.toThrow(RangeError);
    await expect(writeNativeManifests({ ...good, extensionId: GECKO_ID })).rejects.toThrow(RangeError);
  });
});

describe('the wrapper', () => {
  test('hands every argument on whole, whatever its characters, with core dumps off', async () => {
    const script = join(dir, "it's main.js");
    writeFileSync(script, 'console.log(JSON.stringify(process.argv.slice(2)));');
    const path = join(dir, 'wrapper');
    const network = join(dir, 'a $HOME `id` "b".json');
    await writeHostWrapper(path, { nodePath: process.execPath, mainPath: script, network, testSwitches: true });
    const said = execFileSync(path, ['chrome-extension://abc/'], { encoding: 'utf8' });
    expect(JSON.parse(said)).toEqual(['--network', network, '--test-switches', 'chrome-extension://abc/']);
    expect(readFileSync(path, 'utf8')).toContain('ulimit -c 0');
  });
});
