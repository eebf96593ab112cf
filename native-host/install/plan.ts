/** Every file of an installation with its whole content: a function of the options and the checkout; writes nothing. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hostWrapper, type NativeBrowser, nativeManifest } from '../../manifest/native-messaging.ts';
import { NATIVE_HOST_NAME } from '../../shared/wire/native.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import type { PlannedFile } from './files.ts';
import { MACHINE, NETD, NETD_ARGUMENTS, NETD_NODE, NETD_SOCKET, type Place, UNIT } from './layout.ts';
import { bundleNetd } from './netd-bundle.ts';
import type { ExtensionIds } from './options.ts';

export interface PlanOptions {
  /** Absolute path of the checkout that the host runs from. */
  readonly checkout: string;
  /** Absolute path of its pinned Node binary. */
  readonly nodePath: string;
  readonly profile: NetworkProfile;
  readonly extensions: ExtensionIds;
  readonly place: Place;
}

export async function planFiles(options: PlanOptions): Promise<readonly PlannedFile[]> {
  const { checkout, nodePath, profile, extensions, place } = options;
  const { network, programs } = place;
  const mainPath = join(checkout, 'native-host', 'main.ts');
  const wrapper = hostWrapper({
    ...{ nodePath, mainPath, network, netdSocket: NETD_SOCKET },
    ...(programs === null ? {} : { programs }),
  });
  return [
    { path: network, mode: 0o644, content: `${JSON.stringify(profile, null, 2)}\n` },
    { path: place.hostWrapper, mode: 0o755, content: wrapper },
    ...(await manifests(place, 'chromium', extensions)),
    ...(await manifests(place, 'firefox', extensions)),
    ...(place === MACHINE ? await daemon(checkout, nodePath) : []),
  ];
}

async function daemon(checkout: string, nodePath: string): Promise<PlannedFile[]> {
  return [
    { path: NETD_NODE, mode: 0o755, copyOf: nodePath },
    { path: NETD, mode: 0o644, content: await bundleNetd(checkout) },
    { path: UNIT, mode: 0o644, content: await unit(checkout) },
  ];
}

async function manifests(
  { hostWrapper: hostPath, manifestFolders }: Place,
  browser: NativeBrowser,
  extensions: ExtensionIds,
): Promise<PlannedFile[]> {
  const content = await nativeManifest({ hostPath, browser, extensionIds: extensions[browser] });
  return manifestFolders[browser].map((folder) => ({
    path: `${folder}/${NATIVE_HOST_NAME}.json`,
    mode: 0o644,
    content,
  }));
}

/** The packaged unit with this installation's paths. @throws Error when it has no such lines any more. */
async function unit(checkout: string): Promise<string> {
  const packaged = await readFile(join(checkout, 'native-host', 'netd', 'warren-netd.service'), 'utf8');
  const manual = pathToFileURL(join(checkout, 'docs', 'protocol', 'netd.md')).href.replaceAll('%', '%%');
  const start = [NETD_NODE, NETD, ...NETD_ARGUMENTS].join(' ');
  return replaceLine(replaceLine(packaged, 'Documentation', manual), 'ExecStart', start);
}

function replaceLine(text: string, key: string, value: string): string {
  const line = new RegExp(`^${key}=.*$`, 'gm');
  if (text.match(line)?.length !== 1) throw new Error(`warren-netd.service has to have one line ${key}=`);
  return text.replace(line, () => `${key}=${value}`);
}
