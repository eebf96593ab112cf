/** Where an installed Warren lives. Every path is absolute and as the running system sees it, without `--root`. */
import type { NativeBrowser } from '../../manifest/native-messaging.ts';

/** The machine's, or one user's. */
export interface Place {
  /** What the browsers start: runs the host of the checkout as the user. */
  readonly hostWrapper: string;
  readonly network: string;
  /** What uninstalling removes. */
  readonly record: string;
  readonly manifestFolders: Readonly<Record<NativeBrowser, readonly string[]>>;
  /** Programs of Debian packages that only root could install; null: it did. */
  readonly programs: string | null;
  /** What the host itself keeps, none of it of a session. */
  readonly cache: string | null;
  /** Of the folders that are made. */
  readonly folderMode: number;
}

export const LIB = '/usr/local/lib/warren';

/** Root's own copies: what runs privileged may not be a file that an ordinary user can change. */
export const NETD = `${LIB}/netd.mjs`;
export const NETD_NODE = `${LIB}/node`;

/** Where the Debian packages have the network, for host and provider: an administrator's file. */
export const PACKAGED_NETWORK = '/etc/warren/network.json';

export const UNIT_NAME = 'warren-netd.service';
export const UNIT = `/etc/systemd/system/${UNIT_NAME}`;

export const GROUP = 'warren';
export const NETD_RUNTIME = '/run/warren';
export const NETD_SOCKET = `${NETD_RUNTIME}/netd.sock`;
export const NETD_ARGUMENTS = ['--socket', NETD_SOCKET, '--group', GROUP, '--runtime', NETD_RUNTIME] as const;

export const MACHINE: Place = {
  ...within(LIB),
  /** System-wide folders of native-messaging manifests on Debian and its kin. Brave reads Chrome's. */
  manifestFolders: {
    chromium: [
      '/etc/chromium/native-messaging-hosts',
      '/etc/opt/chrome/native-messaging-hosts',
      '/etc/opt/edge/native-messaging-hosts',
      '/etc/opt/vivaldi/native-messaging-hosts',
    ],
    firefox: ['/usr/lib/mozilla/native-messaging-hosts'],
  },
  programs: null,
  cache: null,
  folderMode: 0o755,
};

/** Below a user's home folder: nothing of it needs root. */
export function placeOf(home: string): Place {
  const lib = `${home}/.local/lib/warren`;
  const chromiumKin = ['chromium', 'google-chrome', 'microsoft-edge', 'BraveSoftware/Brave-Browser', 'vivaldi'];
  return {
    ...within(lib),
    manifestFolders: {
      chromium: chromiumKin.map((folder) => `${home}/.config/${folder}/NativeMessagingHosts`),
      firefox: [`${home}/.mozilla/native-messaging-hosts`],
    },
    programs: `${lib}/programs`,
    cache: `${home}/.cache/warren`,
    folderMode: 0o700,
  };
}

function within(lib: string) {
  return { hostWrapper: `${lib}/warren-host`, network: `${lib}/network.json`, record: `${lib}/installed.json` };
}
