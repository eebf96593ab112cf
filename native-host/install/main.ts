/**
 * `warren install` and `warren uninstall`: puts the host of this checkout where browsers and systemd
 * find it. Runs once, as root, and keeps nothing running but warren-netd; with `--user` without root, for
 * one user, and nothing at all.
 */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InstallError } from './error.ts';
import { install } from './install.ts';
import { MACHINE } from './layout.ts';
import { parseCommand } from './options.ts';
import { realSystem } from './system.ts';
import { uninstall } from './uninstall.ts';

// Whoever stops listening (`| head`) does not stop the work half-way.
process.stdout.on('error', () => {});
const say = (line: string): void => console.log(line);

async function main(): Promise<void> {
  const command = parseCommand(process.argv.slice(2), process.env, process.cwd());
  const real = command.root === '/';
  const forMachine = command.place === MACHINE;
  if (real && forMachine && process.geteuid?.() !== 0) {
    const message = 'Only root may write to /etc and /usr/local.';
    const alone = `or "./warren ${command.verb} --user" for you alone, without root`;
    throw new InstallError('not_root', message, `Run "sudo ./warren ${command.verb}", ${alone}.`);
  }
  const system = real && forMachine ? realSystem : null;
  const { root, place } = command;
  if (command.verb === 'uninstall') return uninstall({ root, place, system, say });
  const checkout = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  return install({ command, checkout, nodePath: realpathSync(process.execPath), system, say });
}

main().catch((error: unknown) => {
  if (error instanceof InstallError) console.error(`warren: ${error.message}\n${error.action}`);
  else console.error('warren: this is a bug:', error);
  process.exit(error instanceof InstallError && error.code === 'usage' ? 2 : 1);
});
