/** warren: the client. What browsers start, what tells them so, the extension to load, and a doctor for a terminal. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXTENSION_ID_CHROMIUM, GECKO_ID } from '../manifest/extension.ts';
import { hostWrapper, type NativeBrowser, nativeManifest } from '../manifest/native-messaging.ts';
import { MACHINE, NETD_SOCKET, PACKAGED_NETWORK } from '../native-host/install/layout.ts';
import { NATIVE_HOST_NAME } from '../shared/wire/native.ts';
import { bundleProgram } from './bundle.ts';
import { documents, manual, page } from './documents.ts';
import { DOCTOR, EXTENSION, HOST, HOST_WRAPPER, LIB, NAMESPACE, NODE, OVERRIDES } from './layout.ts';
import type { DebianPackage, PackagedFile } from './package.ts';
import { bundled, debianFile, plain, type Sources, scriptsOf, treeOf } from './sources.ts';

const NAME = 'warren';
const EXTENSION_IDS: Readonly<Record<NativeBrowser, string>> = { chromium: EXTENSION_ID_CHROMIUM, firefox: GECKO_ID };

/** The extension has to be built: dist/chrome and dist/firefox. */
export async function clientPackage(sources: Sources): Promise<DebianPackage> {
  const { checkout, release } = sources;
  const host = await bundleProgram(checkout, 'native-host/main.ts');
  // Started by the host, where there is no daemon; by the name that it has in the sources.
  const namespace = await bundleProgram(checkout, 'native-host/namespace/main.ts');
  const start = plain(`${NAMESPACE}/main.ts`, "import './main.mjs';\n");
  const doctor = await bundleProgram(checkout, 'native-host/doctor/main.ts');
  const wrapper = hostWrapper({
    nodePath: NODE,
    mainPath: `${HOST}/main.mjs`,
    network: PACKAGED_NETWORK,
    netdSocket: NETD_SOCKET,
  });
  const { dependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return {
    name: NAME,
    architecture: 'all',
    relations: {
      Depends: [`warren-netd (= ${release.version})`],
      Recommends: ['chromium | firefox-esr | firefox | www-browser'],
    },
    synopsis: 'decentralised VPN for the browser',
    description: [
      'Warren is a decentralised VPN for the browser: each site leaves through a home that you choose, over WireGuard, ' +
        'and is paid for by the megabyte.',
      'This package holds the program that the browser extension starts, and tells Chromium, Chrome, Edge, Brave, ' +
        `Vivaldi and Firefox where it is. The extension itself lies in ${EXTENSION}. "warren doctor" says what stands in ` +
        'the way on this machine.',
    ],
    files: [
      ...bundled(host, HOST, [], [start.path]),
      ...bundled(namespace, NAMESPACE, [start]),
      // Whatever mends is run two folders above it.
      ...bundled(doctor, DOCTOR, [], [start.path, join(LIB, '..', '/')]),
      { path: '/usr/bin/warren', mode: 0o755, content: debianFile(sources, `${NAME}.sh`) },
      { path: HOST_WRAPPER, mode: 0o755, content: wrapper },
      ...(await manifests('chromium')),
      ...(await manifests('firefox')),
      ...treeOf(join(checkout, 'dist', 'chrome'), `${EXTENSION}/chrome`),
      ...treeOf(join(checkout, 'dist', 'firefox'), `${EXTENSION}/firefox`),
      plain(`${OVERRIDES}/${NAME}`, debianFile(sources, `${NAME}.overrides`)),
      page(checkout, NAME, 'USER.md'),
      manual(`${NAME}.1`, debianFile(sources, `${NAME}.1`)),
      // The extension is built apart: all that it may be made of.
      ...documents({
        checkout,
        name: NAME,
        release,
        contains: [
          ...new Set([...[host, namespace, doctor].flatMap(({ packages }) => packages), ...Object.keys(dependencies)]),
        ],
      }),
    ],
    scripts: scriptsOf(sources, NAME),
  };
}

async function manifests(browser: NativeBrowser): Promise<readonly PackagedFile[]> {
  const extensionIds = [EXTENSION_IDS[browser]];
  const content = await nativeManifest({ hostPath: HOST_WRAPPER, browser, extensionIds });
  return MACHINE.manifestFolders[browser].map((folder) => plain(`${folder}/${NATIVE_HOST_NAME}.json`, content));
}
