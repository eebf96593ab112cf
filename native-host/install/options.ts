/** The command line of `warren install` and `warren uninstall`. Checks what it can without touching the system. */
import { isAbsolute, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EXTENSION_ID_CHROMIUM, GECKO_ID } from '../../manifest/extension.ts';
import { browserOf, type NativeBrowser } from '../../manifest/native-messaging.ts';
import { InstallError } from './error.ts';
import { MACHINE, type Place, placeOf } from './layout.ts';

export type ExtensionIds = Readonly<Record<NativeBrowser, readonly string[]>>;

export interface Command {
  readonly verb: 'install' | 'uninstall';
  /** `/`, or the folder that stands for it: then the running system is not touched. */
  readonly root: string;
  /** The machine's folders, or one user's. */
  readonly place: Place;
  /** Who may use the host. */
  readonly extensions: ExtensionIds;
  /** Network profile, absolute; null: choose. */
  readonly network: string | null;
  /** Who joins the group; null: nobody. */
  readonly member: string | null;
}

export const USAGE = `usage: ./warren install [--extension ID]... [--network FILE] [--member NAME] [--root DIR]
       ./warren install --user [--extension ID]... [--network FILE]
       ./warren uninstall [--user] [--root DIR]`;

/** @throws InstallError `usage` or `extension_id_invalid`. */
export function parseCommand(argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Command {
  const { values, positionals } = parse(argv);
  const [verb, ...rest] = positionals;
  if ((verb !== 'install' && verb !== 'uninstall') || rest.length > 0) throw usage('That is not a command.');
  if (verb === 'uninstall' && (values.extension || values.network || values.member))
    throw usage('Uninstalling takes --user and --root only.');
  if (values.user && values.member) throw usage('With --user nobody joins a group.');
  return {
    verb,
    root: resolve(cwd, values.root ?? '/'),
    place: values.user ? placeOf(home(env)) : MACHINE,
    extensions: sortIds(values.extension ?? []),
    network: values.network === undefined ? null : resolve(cwd, values.network),
    member: values.user ? null : (values.member ?? caller(env)),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        extension: { type: 'string', multiple: true },
        network: { type: 'string' },
        root: { type: 'string' },
        user: { type: 'boolean' },
        member: { type: 'string' },
      },
    });
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** Ids of one kind of browser replace our own of that kind only: the other kind keeps working. */
function sortIds(ids: readonly string[]): ExtensionIds {
  const given: Record<NativeBrowser, string[]> = { chromium: [], firefox: [] };
  for (const id of ids) {
    const browser = browserOf(id);
    if (browser === null) throw badId(id);
    if (!given[browser].includes(id)) given[browser].push(id);
  }
  return {
    chromium: given.chromium.length > 0 ? given.chromium : [EXTENSION_ID_CHROMIUM],
    firefox: given.firefox.length > 0 ? given.firefox : [GECKO_ID],
  };
}

/** Under sudo the home folder is somebody's and the files would be root's. */
function home({ HOME, SUDO_USER }: NodeJS.ProcessEnv): string {
  if (SUDO_USER) throw usage('With --user this is for you alone: run it without sudo.');
  if (HOME === undefined || !isAbsolute(HOME) || HOME === '/') throw usage('HOME does not name your home folder.');
  return resolve(HOME);
}

function caller({ SUDO_USER }: NodeJS.ProcessEnv): string | null {
  return SUDO_USER && SUDO_USER !== 'root' ? SUDO_USER : null;
}

function badId(id: string): InstallError {
  return new InstallError(
    'extension_id_invalid',
    `"${id}" is not the id of an extension.`,
    'Copy the command that the extension shows: a Chromium id is 32 letters from a to p, a Firefox id looks like name@domain.',
  );
}

function usage(message: string, cause?: unknown): InstallError {
  return new InstallError('usage', message, USAGE, { cause });
}
