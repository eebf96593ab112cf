/** The ways to the program that builds the tunnels: each is one command, typed once. */
export interface InstallWay {
  /** `user`: from a checkout, for one user, without root. `package`: Debian's way, for the whole computer. */
  readonly name: 'user' | 'package';
  readonly command: string;
}

/**
 * @param extensionId part of a checkout's command: browsers let only those extensions start the host that its manifest
 * names. A package knows the id of the extension that lies in it.
 */
export function installWays(extensionId: string): readonly InstallWay[] {
  return [
    { name: 'user', command: `./warren install --user --extension ${extensionId}` },
    { name: 'package', command: 'sudo apt install ./warren*.deb && sudo gpasswd --add $USER warren' },
  ];
}
