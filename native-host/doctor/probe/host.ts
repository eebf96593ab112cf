/** Looks for the host as browsers do, and starts it as they do. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { EXTENSION_ID_CHROMIUM } from '../../../manifest/extension.ts';
import { VERSION } from '../../../shared/base/version.ts';
import { NATIVE_HOST_NAME, PROTOCOL_VERSION } from '../../../shared/wire/native.ts';
import { MACHINE, type Place, placeOf } from '../../install/layout.ts';
import { encodeFrame, FrameDecoder } from '../../native-port.ts';
import type { BrowserFacts, HostFacts } from '../facts.ts';
import { pathOf, read } from './system.ts';

const ANSWER_LIMIT_MS = 8_000;

export async function probeHost(network: string | null): Promise<HostFacts> {
  const installed = findHost();
  return { installed, network, answer: installed && (await start(installed.wrapper)), ownVersion: VERSION };
}

/** A user's own manifest comes before the machine's, as it does for browsers. */
export function findHost(): HostFacts['installed'] {
  for (const [kind, place] of [
    ['user', placeOf(homedir())],
    ['machine', MACHINE],
  ] as const) {
    const wrapper = wrapperOf(place);
    if (wrapper !== null) return { wrapper, for: kind };
  }
  return null;
}

function wrapperOf({ manifestFolders }: Place): string | null {
  for (const folder of [...manifestFolders.chromium, ...manifestFolders.firefox]) {
    const path = /"path": "([^"]+)"/.exec(read(`${folder}/${NATIVE_HOST_NAME}.json`) ?? '')?.[1];
    if (path !== undefined) return path;
  }
  return null;
}

function start(wrapper: string): Promise<HostFacts['answer']> {
  if (!existsSync(wrapper)) return Promise.resolve({ failure: `${wrapper} is gone` });
  return new Promise((resolve) => {
    const child = spawn(wrapper, [`chrome-extension://${EXTENSION_ID_CHROMIUM}/`], { stdio: ['pipe', 'pipe', 'pipe'] });
    const decoder = new FrameDecoder();
    let said = '';
    const timer = setTimeout(() => end({ failure: 'it does not answer' }), ANSWER_LIMIT_MS);
    const end = (answer: HostFacts['answer']) => {
      clearTimeout(timer);
      // As a browser ends it; what it holds goes with its standard input.
      child.stdin.end();
      resolve(answer);
    };
    child.once('error', (error) => end({ failure: error.message }));
    child.once('exit', () => end({ failure: said.trim().split('\n').at(-1) || 'it ended at once' }));
    child.stdin.on('error', () => {});
    child.stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-2_000);
    });
    child.stdout.on('data', (chunk: Buffer) => {
      for (const frame of decoder.push(chunk)) if ('payload' in frame) end(judge(frame.payload));
    });
    child.stdin.write(encodeFrame({ type: 'hello', version: PROTOCOL_VERSION, extensionVersion: VERSION }));
  });
}

function judge(payload: Uint8Array): HostFacts['answer'] {
  const message: unknown = JSON.parse(new TextDecoder().decode(payload));
  if (typeof message !== 'object' || message === null) return { failure: 'it says what nobody understands' };
  if ('hostVersion' in message && typeof message.hostVersion === 'string') return { version: message.hostVersion };
  const error = 'error' in message ? message.error : null;
  const text = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
  return { failure: text.replace(/\.$/, '') || 'it says what nobody understands' };
}

interface Known {
  readonly name: string;
  readonly programs: readonly string[];
  readonly snap?: string;
  readonly flatpak: string;
}

/** Distributions other than Ubuntu may have them elsewhere. */
const SNAPS = ['/snap', '/var/lib/snapd/snap'];
const SCRIPT_BYTES = 4_096;

const BROWSERS: readonly Known[] = [
  { name: 'Chromium', programs: ['chromium', 'chromium-browser'], snap: 'chromium', flatpak: 'org.chromium.Chromium' },
  { name: 'Chrome', programs: ['google-chrome', 'google-chrome-stable'], flatpak: 'com.google.Chrome' },
  { name: 'Edge', programs: ['microsoft-edge', 'microsoft-edge-stable'], flatpak: 'com.microsoft.Edge' },
  { name: 'Brave', programs: ['brave-browser', 'brave'], snap: 'brave', flatpak: 'com.brave.Browser' },
  { name: 'Vivaldi', programs: ['vivaldi', 'vivaldi-stable'], snap: 'vivaldi', flatpak: 'com.vivaldi.Vivaldi' },
  { name: 'Firefox', programs: ['firefox', 'firefox-esr'], snap: 'firefox', flatpak: 'org.mozilla.firefox' },
];

export function probeBrowsers(): readonly BrowserFacts[] {
  return BROWSERS.flatMap(({ name, programs, snap, flatpak }) => {
    const found: BrowserFacts[] = [];
    const paths = programs.map((program) => pathOf(program)).filter((path) => path !== null);
    const inSnap = snap !== undefined && SNAPS.some((root) => existsSync(`${root}/${snap}/current`));
    if (inSnap) found.push({ name, packedAs: 'snap' });
    const apps = ['/var/lib/flatpak', `${homedir()}/.local/share/flatpak`];
    if (apps.some((root) => existsSync(`${root}/app/${flatpak}`))) found.push({ name, packedAs: 'flatpak' });
    if (paths.some((path) => !startsSnap(path))) found.push({ name, packedAs: 'package' });
    return found;
  });
}

/** Ubuntu's packages of browsers that are snaps hold no browser, but a script or a link that starts the snap. */
function startsSnap(path: string): boolean {
  try {
    if (realpathSync(path).endsWith('/snap')) return true;
    const file = openSync(path, 'r');
    const head = Buffer.alloc(SCRIPT_BYTES);
    const length = readSync(file, head, 0, SCRIPT_BYTES, 0);
    closeSync(file);
    const text = head.toString('latin1', 0, length);
    return text.startsWith('#!') && text.includes('/snap/');
  } catch {
    return false;
  }
}
