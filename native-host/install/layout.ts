/** Where an installed Warren lives. Every path is absolute and as the running system sees it, without `--root`. */
export const LIB = '/usr/local/lib/warren';

/** What the browsers start: runs the host of the checkout as the user. */
export const HOST_WRAPPER = `${LIB}/warren-host`;
export const NETWORK = `${LIB}/network.json`;
/** Root's own copies: what runs privileged may not be a file that an ordinary user can change. */
export const NETD = `${LIB}/netd.mjs`;
export const NETD_NODE = `${LIB}/node`;
/** What uninstalling removes. */
export const RECORD = `${LIB}/installed.json`;

export const UNIT_NAME = 'warren-netd.service';
export const UNIT = `/etc/systemd/system/${UNIT_NAME}`;

export const GROUP = 'warren';
export const NETD_RUNTIME = '/run/warren';
export const NETD_SOCKET = `${NETD_RUNTIME}/netd.sock`;
export const NETD_ARGUMENTS = ['--socket', NETD_SOCKET, '--group', GROUP, '--runtime', NETD_RUNTIME] as const;

/** System-wide folders of native-messaging manifests on Debian and its kin. Brave reads Chrome's. */
export const MANIFEST_FOLDERS = {
  chromium: [
    '/etc/chromium/native-messaging-hosts',
    '/etc/opt/chrome/native-messaging-hosts',
    '/etc/opt/edge/native-messaging-hosts',
    '/etc/opt/vivaldi/native-messaging-hosts',
  ],
  firefox: ['/usr/lib/mozilla/native-messaging-hosts'],
} as const;
