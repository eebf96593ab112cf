/**
 * `warren package`: the Debian packages of this checkout, each with all that it needs but what Debian has.
 * Needs no root and no network; the same sources give the same packages to the bit.
 *
 *   main.ts [--network FILE] [--out DIR] [--version VERSION] [--compression xz|gzip]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { InstallError } from '../native-host/install/error.ts';
import { chooseNetwork } from '../native-host/install/network.ts';
import { VERSION } from '../shared/base/version.ts';
import { clientPackage } from './client.ts';
import { commonPackage } from './common.ts';
import { buildDeb } from './deb.ts';
import { helperPackage } from './helper.ts';
import { netdPackage } from './netd.ts';
import type { Release } from './package.ts';
import { providerPackage } from './provider.ts';
import type { Sources } from './sources.ts';

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' } as const;
const USAGE = 'usage: ./warren package [--network FILE] [--out DIR] [--version VERSION] [--compression xz|gzip]';

interface Request {
  readonly network: string | null;
  readonly out: string;
  readonly version: string;
  readonly compression: Release['compression'];
}

/** Files are seen from where the caller stands. @throws InstallError `usage`. */
function parse(argv: readonly string[], cwd: string): Request {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        network: { type: 'string' },
        out: { type: 'string' },
        version: { type: 'string', default: VERSION },
        compression: { type: 'string', default: 'xz' },
      },
    });
    const { network, out, version, compression } = values;
    // deb-version(7), for a package without a revision.
    if (!/^\d[\dA-Za-z.+~]{0,60}$/.test(version)) throw new Error(`"${version}" is no version of a Debian package`);
    if (compression !== 'xz' && compression !== 'gzip') throw new Error('--compression is xz or gzip');
    return {
      network: network === undefined ? null : resolve(cwd, network),
      out: out === undefined ? join(CHECKOUT, 'dist', 'deb') : resolve(cwd, out),
      version,
      compression,
    };
  } catch (cause) {
    throw new InstallError('usage', cause instanceof Error ? cause.message : String(cause), USAGE, { cause });
  }
}

async function sourcesFor({ network, version, compression }: Request): Promise<Sources> {
  const architecture = ARCHITECTURES[process.arch as keyof typeof ARCHITECTURES];
  // What happens to be installed on the machine that builds says nothing about the one that will install.
  const profile = await chooseNetwork({ file: network, checkout: CHECKOUT, installed: null });
  return {
    checkout: CHECKOUT,
    node: { binary: realpathSync(process.execPath), packageName: `node-linux-${process.arch}` },
    architecture,
    profile,
    release: { version, epoch: sourceDate(), compression },
  };
}

/** SOURCE_DATE_EPOCH, else the date of the last commit, else of package.json. */
function sourceDate(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined && /^\d{1,11}$/.test(given)) return Number(given);
  try {
    const git = ['-C', CHECKOUT, '-c', `safe.directory=${CHECKOUT}`, 'log', '-1', '--format=%ct'];
    return Number(
      execFileSync('git', git, { stdio: ['ignore', 'pipe', 'ignore'] })
        .toString()
        .trim(),
    );
  } catch {
    return Math.floor(statSync(join(CHECKOUT, 'package.json')).mtimeMs / 1000);
  }
}

async function main(): Promise<void> {
  const request = parse(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd());
  // Bundles name their sources as seen from here.
  process.chdir(CHECKOUT);
  const sources = await sourcesFor(request);
  mkdirSync(request.out, { recursive: true });
  for (const make of [commonPackage, netdPackage, clientPackage, providerPackage, helperPackage]) {
    const file = buildDeb(await make(sources), sources.release, request.out);
    console.log(`${file} (${(statSync(file).size / 1e6).toFixed(1)} MB)`);
  }
}

main().catch((error: unknown) => {
  if (error instanceof InstallError) console.error(`warren: ${error.message}\n${error.action}`);
  else console.error('warren: the packages could not be made:', error);
  process.exit(error instanceof InstallError && error.code === 'usage' ? 2 : 1);
});
