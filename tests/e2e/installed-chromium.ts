/**
 * Chromium with the extension *installed* (a CRX by policy), as users have it. `--load-extension` is not
 * the same: Chromium forgets such an extension's settings at every start (measured), so it can say
 * nothing about what holds after a restart. The policy lies on a tmpfs over /etc/chromium inside a
 * mount namespace of the browser's own: nothing of the machine changes. Needs root.
 */
import { execFile } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BrowserContext, chromium } from 'playwright-core';

const BINARY = '/usr/lib/chromium/chromium';

export interface InstalledChromium {
  readonly extensionId: string;
  /** `<profile>/NativeMessagingHosts`: where native-messaging manifests are read from. */
  readonly nativeMessagingDir: string;
  /** Each launch has the same profile, as a restart has. */
  launch(...args: readonly string[]): Promise<BrowserContext>;
}

/** @param dist the built extension; @param work a folder for key, CRX, policy and profile, removed by the caller. */
export async function installChromium(dist: string, work: string): Promise<InstalledChromium> {
  const { crx, extensionId } = await pack(dist, work);
  const { version } = JSON.parse(await readFile(join(dist, 'manifest.json'), 'utf8')) as { version: string };
  const update = join(work, 'update.xml');
  await writeFile(
    update,
    `<gupdate xmlns="http://www.google.com/update2/response" protocol="2.0"><app appid="${extensionId}">` +
      `<updatecheck codebase="file://${crx}" version="${version}"/></app></gupdate>`,
  );
  const policy = join(work, 'policy.json');
  await writeFile(
    policy,
    JSON.stringify({
      ExtensionInstallForcelist: [`${extensionId};file://${update}`],
      // Without it nobody may look into an extension that a policy installed, not even the test.
      DeveloperToolsAvailability: 1,
    }),
  );
  const wrapper = join(work, 'chromium.sh');
  await writeFile(
    wrapper,
    `#!/bin/sh\nif [ -z "$WARREN_MOUNTED" ]; then WARREN_MOUNTED=1 exec unshare -m "$0" "$@"; fi\n` +
      'mount --make-rprivate / && mount -t tmpfs none /etc/chromium && mkdir -p /etc/chromium/policies/managed &&\n' +
      `cp '${policy}' /etc/chromium/policies/managed/ && exec ${BINARY} "$@"\n`,
  );
  await chmod(wrapper, 0o755);
  const profile = join(work, 'profile');
  const nativeMessagingDir = join(profile, 'NativeMessagingHosts');
  await mkdir(nativeMessagingDir, { recursive: true });
  return {
    extensionId,
    nativeMessagingDir,
    launch: (...args) =>
      chromium.launchPersistentContext(profile, {
        executablePath: wrapper,
        headless: true,
        env: { ...process.env, TMPDIR: work },
        // Playwright switches these off; an installed extension needs the first two, its CRX the third.
        ignoreDefaultArgs: ['--disable-extensions', '--disable-background-networking', '--disable-component-update'],
        args: ['--no-sandbox', '--no-first-run', '--disable-gpu', '--disable-sync', ...args],
      }),
  };
}

async function pack(dist: string, work: string): Promise<{ crx: string; extensionId: string }> {
  const args = [
    '--no-sandbox',
    '--headless=new',
    `--user-data-dir=${join(work, 'packer')}`,
    `--pack-extension=${dist}`,
  ];
  // Packs, then may linger or end with an error of its own: what counts is the file.
  await promisify(execFile)(BINARY, args, { timeout: 20_000, env: { ...process.env, TMPDIR: work } }).catch(() => {});
  const key = createPublicKey(await readFile(`${dist}.pem`)).export({ type: 'spki', format: 'der' });
  const letters = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return {
    crx: `${dist}.crx`,
    extensionId: letters.replace(/./g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16))),
  };
}
