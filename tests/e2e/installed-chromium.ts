/**
 * Chromium with the extension *installed* (a CRX by policy), as users have it. `--load-extension` is not
 * the same: Chromium forgets such an extension's settings at every start (measured), so it can say
 * nothing about what holds after a restart. The policy lies on a tmpfs over /etc/chromium inside a
 * mount namespace of the browser's own: nothing of the machine changes. Needs root.
 */
import { execFile } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BrowserContext, chromium } from 'playwright-core';

const BINARY = '/usr/lib/chromium/chromium';

export interface InstalledChromium {
  readonly extensionId: string;
  /** `<profile>/NativeMessagingHosts`: where native-messaging manifests are read from. */
  readonly nativeMessagingDir: string;
  /** Each launch has the same profile, as a restart has. What is no option is a page to open. */
  launch(...args: readonly string[]): Promise<BrowserContext>;
  /** From now on the store, so to speak, has this version of the same extension. */
  publish(version: string): Promise<void>;
  /** Whether the browser has fetched that version and holds it ready. */
  hasFetched(version: string): boolean;
}

/**
 * @param dist the built extension; @param work a folder for key, CRX, policy and profile, removed by the caller.
 * @param namespace where the browser lives, if not in this machine's own network.
 * @param forced false: nothing is installed; what the policy forces on the user, the user cannot switch off.
 */
export async function installChromium(
  dist: string,
  work: string,
  namespace?: string,
  forced = true,
): Promise<InstalledChromium> {
  const update = join(work, 'update.xml');
  const offer = async ({ crx, extensionId, version }: Packed) =>
    writeFile(
      update,
      `<gupdate xmlns="http://www.google.com/update2/response" protocol="2.0"><app appid="${extensionId}">` +
        `<updatecheck codebase="file://${crx}" version="${version}"/></app></gupdate>`,
    );
  const { version } = JSON.parse(await readFile(join(dist, 'manifest.json'), 'utf8')) as { version: string };
  const first = await pack(await stage(dist, work, version), work);
  const { extensionId } = first;
  await offer(first);
  const policy = join(work, 'policy.json');
  await writeFile(
    policy,
    JSON.stringify({
      ExtensionInstallForcelist: forced ? [`${extensionId};file://${update}`] : [],
      // Without it nobody may look into an extension that a policy installed, not even the test.
      DeveloperToolsAvailability: 1,
    }),
  );
  const wrapper = join(work, 'chromium.sh');
  const inside = namespace === undefined ? '' : `ip netns exec '${namespace}' `;
  await writeFile(
    wrapper,
    // Headless, there is room for one page.
    '#!/bin/sh\nfor arg; do shift; [ "$arg" = about:blank ] && [ -n "$WARREN_PAGE" ] && arg=$WARREN_PAGE; set -- "$@" "$arg"; done\n' +
      `if [ -z "$WARREN_MOUNTED" ]; then WARREN_MOUNTED=1 exec ${inside}unshare -m "$0" "$@"; fi\n` +
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
        // Playwright takes no page among the arguments.
        env: { ...process.env, TMPDIR: work, WARREN_PAGE: args.find((arg) => !arg.startsWith('--')) ?? '' },
        // Playwright switches these off; an installed extension needs the first two, its CRX the third.
        ignoreDefaultArgs: ['--disable-extensions', '--disable-background-networking', '--disable-component-update'],
        args: [
          '--no-sandbox',
          '--no-first-run',
          '--disable-gpu',
          '--disable-sync',
          ...args.filter((arg) => arg.startsWith('--')),
        ],
      }),
    hasFetched: (newer) => existsSync(join(profile, 'Default/Extensions', extensionId, `${newer}_0`)),
    publish: async (newer) => offer(await pack(await stage(dist, work, newer), work, `${join(work, version)}.pem`)),
  };
}

/** A copy that asks for its updates where this extension's are. */
async function stage(dist: string, work: string, version: string): Promise<string> {
  const folder = join(work, version);
  await cp(dist, folder, { recursive: true });
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as object;
  const more = { version, update_url: `file://${join(work, 'update.xml')}` };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, ...more }));
  return folder;
}

interface Packed {
  readonly crx: string;
  readonly extensionId: string;
  readonly version: string;
}

/** @param pem the key to sign with; without one, a new key is written to `<dist>.pem`. */
async function pack(dist: string, work: string, pem?: string): Promise<Packed> {
  const args = [
    '--no-sandbox',
    '--headless=new',
    `--user-data-dir=${join(work, 'packer')}`,
    `--pack-extension=${dist}`,
    ...(pem === undefined ? [] : [`--pack-extension-key=${pem}`]),
  ];
  // Packs, then may linger or end with an error of its own: what counts is the file.
  await promisify(execFile)(BINARY, args, { timeout: 20_000, env: { ...process.env, TMPDIR: work } }).catch(() => {});
  const key = createPublicKey(await readFile(pem ?? `${dist}.pem`)).export({ type: 'spki', format: 'der' });
  const letters = createHash('sha256').update(key).digest('hex').slice(0, 32);
  const { version } = JSON.parse(await readFile(join(dist, 'manifest.json'), 'utf8')) as { version: string };
  return {
    version,
    crx: `${dist}.crx`,
    extensionId: letters.replace(/./g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16))),
  };
}
