/**
 * How a browser finds warren-host: a native-messaging manifest per browser that names one wrapper
 * script. The wrapper holds absolute paths only, since a browser started from a desktop may lack
 * the PATH that a shell has. Must not touch the system: the caller says which folder.
 */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { NATIVE_HOST_NAME } from '../shared/wire/native.ts';

export type NativeBrowser = 'chromium' | 'firefox';

export interface NativeManifestOptions {
  /**
   * The folder that the browser reads. Chromium: `<user-data-dir>/NativeMessagingHosts` or
   * `/etc/chromium/native-messaging-hosts`; Firefox: `~/.mozilla/native-messaging-hosts` or
   * `/usr/lib/mozilla/native-messaging-hosts`.
   */
  readonly dir: string;
  /** Absolute path of the wrapper (see `writeHostWrapper`). */
  readonly hostPath: string;
  readonly browser: NativeBrowser;
  /** Chromium: 32 letters a–p; Firefox: the add-on id (`name@domain` or a GUID). */
  readonly extensionId: string;
}

const EXTENSION_ID: Record<NativeBrowser, RegExp> = {
  chromium: /^[a-p]{32}$/,
  firefox: /^(\{[0-9a-fA-F-]{36}\}|[\w.-]*@[\w.-]+)$/,
};

/** Which kind of browser has such extension ids; null: neither. */
export function browserOf(extensionId: string): NativeBrowser | null {
  if (EXTENSION_ID.chromium.test(extensionId)) return 'chromium';
  return EXTENSION_ID.firefox.test(extensionId) ? 'firefox' : null;
}

export interface NativeManifest {
  /** Absolute path of the wrapper (see `writeHostWrapper`). */
  readonly hostPath: string;
  readonly browser: NativeBrowser;
  /** Who may start it. */
  readonly extensionIds: readonly string[];
}

/** The manifest's text. @throws RangeError on a relative path or a wrong id. */
export async function nativeManifest({ hostPath, browser, extensionIds }: NativeManifest): Promise<string> {
  if (!isAbsolute(hostPath)) throw new RangeError(`browsers want an absolute host path, got ${hostPath}`);
  const wrong = extensionIds.find((id) => browserOf(id) !== browser);
  if (wrong !== undefined) throw new RangeError(`not a ${browser} extension id: ${wrong}`);
  const template = await readFile(new URL(`./native-messaging/${browser}.json`, import.meta.url), 'utf8');
  return template
    .replace(/"([^"]*)@EXTENSION_ID@([^"]*)"/, (_, before, after) =>
      extensionIds.map((id) => JSON.stringify(`${before}${id}${after}`)).join(', '),
    )
    .replace('"@HOST_PATH@"', () => JSON.stringify(hostPath));
}

/** Writes `<dir>/network.warren.host.json` and returns its path. @throws RangeError on a relative path or a wrong id. */
export async function writeNativeManifests(options: NativeManifestOptions): Promise<string> {
  const { dir, hostPath, browser, extensionId } = options;
  const text = await nativeManifest({ hostPath, browser, extensionIds: [extensionId] });
  await mkdir(dir, { recursive: true });
  const file = join(dir, `${NATIVE_HOST_NAME}.json`);
  await writeFile(file, text);
  return file;
}

export interface HostWrapperOptions {
  /** Absolute path of the Node binary (≥ 24.11). */
  readonly nodePath: string;
  /** Absolute path of `native-host/main.ts`. */
  readonly mainPath: string;
  /** Network profile (`manifest/networks/<name>.json`), absolute. */
  readonly network: string;
  readonly netdSocket?: string;
  /** A folder of this user's with WireGuard's programs. */
  readonly programs?: string;
  readonly runtimeDir?: string;
  readonly logFile?: string;
  readonly testSwitches?: boolean;
}

/** Compiled code of the program itself, nothing of any session: halves the cold start (97 → 49 ms to `welcome`). */
const COMPILE_CACHE = 'export NODE_COMPILE_CACHE="$HOME/.cache/warren/node"';

/** The wrapper's text: one `exec`, so that the browser's EOF and signals reach Node itself. */
export function hostWrapper(options: HostWrapperOptions): string {
  const flags = ['--network', options.network];
  if (options.netdSocket) flags.push('--netd', options.netdSocket);
  if (options.runtimeDir) flags.push('--runtime', options.runtimeDir);
  if (options.logFile) flags.push('--log', options.logFile);
  if (options.testSwitches) flags.push('--test-switches');
  const words = [options.nodePath, '--disable-warning=ExperimentalWarning', options.mainPath, ...flags];
  const programs = options.programs === undefined ? [] : [`export WARREN_PROGRAMS=${quote(options.programs)}`];
  return ['#!/bin/sh', 'ulimit -c 0', COMPILE_CACHE, ...programs, `exec ${words.map(quote).join(' ')} "$@"`, ''].join(
    '\n',
  );
}

/** Writes the wrapper, executable, at `path`. */
export async function writeHostWrapper(path: string, options: HostWrapperOptions): Promise<void> {
  await writeFile(path, hostWrapper(options));
  await chmod(path, 0o755);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
