/**
 * What whoever reads our words types to call Warren's programs. The Debian packages put commands on the PATH; a
 * checkout has one script, which is run in its folder. Which of them it is shows in where this code lies.
 */

/** Where the Debian packages keep the programs. */
export const PACKAGED_LIB = '/usr/lib/warren';

export interface Called {
  readonly isPackaged: boolean;
  /** Says what stands in a client's way. */
  readonly doctor: string;
  /** Brings the network daemon, warren-netd. */
  readonly daemon: string;
  /** Brings the dashboard's pages. */
  readonly dashboard: string;
  /** A command of the node, or the node itself. */
  provider(words?: string): string;
  /** The same of the helper. */
  helper(words?: string): string;
}

/** @param code URL of a module of ours. */
export function calledFrom(code: string): Called {
  const isPackaged = code.startsWith(`file://${PACKAGED_LIB}/`);
  const program =
    (name: string) =>
    (words = '') =>
      `${isPackaged ? 'warren-' : './warren '}${name} ${words}`.trimEnd();
  return {
    isPackaged,
    doctor: isPackaged ? 'warren doctor' : './warren doctor',
    daemon: isPackaged ? 'sudo apt install --reinstall warren-netd' : 'sudo ./warren install',
    dashboard: isPackaged ? 'sudo apt install --reinstall warren-provider' : './warren build',
    provider: program('provider'),
    helper: program('helper'),
  };
}

export const CALLED = calledFrom(import.meta.url);
