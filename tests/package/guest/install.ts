/** What stands after `apt install`, before anybody has configured anything. */
import { existsSync, readFileSync } from 'node:fs';
import { EXTENSION_ID_CHROMIUM } from '../../../manifest/extension.ts';
import { MACHINE } from '../../../native-host/install/layout.ts';
import { VERSION } from '../../../shared/base/version.ts';
import { NATIVE_HOST_NAME } from '../../../shared/wire/native.ts';
import type { Timeline } from '../../e2e/timeline.ts';
import { startHost } from '../../host-process.ts';
import { apt, attempt, debsOf, must, property, USER, untilActive } from './machine.ts';

const MAX_SCORE = 2.5;
/** capability.h: bit 12. */
const NET_ADMIN = 1n << 12n;

/** Which folder which browser reads, system-wide. Brave reads Chrome's. */
const BROWSERS: Readonly<Record<string, string>> = {
  Chromium: '/etc/chromium/native-messaging-hosts',
  'Chrome and Brave': '/etc/opt/chrome/native-messaging-hosts',
  Edge: '/etc/opt/edge/native-messaging-hosts',
  Vivaldi: '/etc/opt/vivaldi/native-messaging-hosts',
  Firefox: '/usr/lib/mozilla/native-messaging-hosts',
};

/** What Chromium's manifest tells it to start. */
export function hostProgram(): string {
  return JSON.parse(readFileSync(`${BROWSERS.Chromium}/${NATIVE_HOST_NAME}.json`, 'utf8')).path;
}

export async function install(told: Timeline): Promise<void> {
  told.note(
    (await apt('install', '--no-install-recommends', ...debsOf('now'))).trim().split('\n').slice(-6).join('\n'),
  );
  await untilActive('warren-netd.service');
  told.claim('the network daemon runs', (await property('warren-netd', 'SubState')) === 'running');
  told.claim('and will after a restart', (await attempt('systemctl', 'is-enabled', 'warren-netd')).code === 0);
  const provider = await property('warren-provider', 'ActiveState');
  told.claim('the provider waits for an identity', provider === 'inactive', provider);
  const socket = (await must('stat', '-c', '%a %U %G', '/run/warren/netd.sock')).trim();
  told.claim("the daemon's socket is for the group warren", socket === '660 root warren', socket);
  await must('/var/lib/dpkg/info/warren-netd.postinst', 'configure');
  told.claim('configuring it again changes nothing', (await property('warren-netd', 'SubState')) === 'running');
  const version = (await must('warren', '--version')).trim();
  told.claim('the command "warren" is there', version === VERSION, version);
  const native = "require('module').createRequire('/usr/lib/warren/host/main.mjs')('secp256k1/bindings.js')";
  told.claim('signatures are native', (await attempt('/usr/lib/warren/node', '-e', native)).code === 0);
  await capabilities(told);
  await score(told);
  await browsers(told);
}

async function capabilities(told: Timeline): Promise<void> {
  const pid = await property('warren-netd', 'MainPID');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const held = ['CapPrm', 'CapEff', 'CapBnd'].map((set) =>
    BigInt(`0x${new RegExp(`^${set}:\\s*(\\w+)`, 'm').exec(status)?.[1] ?? 'f'}`),
  );
  told.claim(
    'it holds CAP_NET_ADMIN and can get no other',
    held.every((set) => set === NET_ADMIN),
    held.join(' '),
  );
}

async function score(told: Timeline): Promise<void> {
  const text = await must('systemd-analyze', 'security', '--no-pager', 'warren-netd.service');
  const line = text.split('\n').find((one) => one.includes('Overall exposure')) ?? '';
  const exposure = Number(/: (\d+\.\d)/.exec(line)?.[1] ?? 10);
  told.claim(`systemd-analyze security: at most ${MAX_SCORE}`, exposure <= MAX_SCORE, line.replace(/^[^A-Z]*/, ''));
}

async function browsers(told: Timeline): Promise<void> {
  const folders = Object.values(MACHINE.manifestFolders).flat().sort().join();
  told.claim('no browser is forgotten', folders === Object.values(BROWSERS).sort().join(), folders);
  await must('gpasswd', '--add', USER, 'warren');
  for (const [browser, folder] of Object.entries(BROWSERS)) {
    const manifest = JSON.parse(readFileSync(`${folder}/${NATIVE_HOST_NAME}.json`, 'utf8'));
    told.claim(`${browser} finds the host`, existsSync(manifest.path), manifest.path);
  }
  const host = startHost({
    command: ['runuser', '-u', USER, '--', hostProgram()],
    main: `chrome-extension://${EXTENSION_ID_CHROMIUM}/`,
    args: [],
    env: { HOME: `/home/${USER}`, XDG_RUNTIME_DIR: '/dev/shm' },
  });
  host.say({ type: 'hello', version: 1, extensionVersion: '0.1.0' });
  await host.until('the welcome', ({ ups }) => ups.some(({ type }) => type === 'welcome'));
  await host.until('the daemon', () => host.snapshot()?.host.netd === 'ready');
  told.claim('started from there as an ordinary user, it greets the extension and reaches the daemon', true);
  await host.end();
}
