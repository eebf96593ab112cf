/**
 * The Debian packages, as strangers meet them: built twice, read by lintian, and installed on a fresh Debian 12
 * that systemd has booted in a guest with Debian's own kernel. Ends with the network daemon's score.
 *
 * usage: main.ts [--json FILE]
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { VERSION } from '../../shared/base/version.ts';
import { type Claim, Timeline } from '../e2e/timeline.ts';
import { debianKernel } from '../kernel/debian.ts';
import { initramfs } from '../kernel/initramfs.ts';
import { runGuest } from '../kernel/qemu.ts';
import { ROOT } from '../lab/identity.ts';
import { type Built, build, digest } from './build.ts';
import { freshDebian, needsOf } from './debian.ts';
import { modulesDisk } from './modules.ts';

const CACHE = join(ROOT, 'node_modules/.cache');
const DISKS = join(CACHE, 'warren-package');
/** From the guest's being up: it is emulated. */
const GUEST_LIMIT_MS = 1_500_000;
const NEXT = `${VERSION}+next`;

const told = new Timeline({ quiet: false });
let work = '';

/** @returns the machine's disk. */
async function makePackages(): Promise<string> {
  const folder = (name: string): string => {
    mkdirSync(join(work, 'out', name), { recursive: true });
    return join(work, 'out', name);
  };
  const now = await build(folder('now'), VERSION);
  told.claim('one for client, provider and helper each, two for what they share', now.debs.length === 5);
  // None of them needs another, and each one processor.
  const [again, disk] = await Promise.all([
    build(folder('again'), VERSION),
    freshDebian(DISKS, await needsOf(now.debs)),
    build(folder('next'), NEXT),
    askLintian(now),
  ]);
  told.claim('a second build is the same to the bit', digest(now) === digest(again));
  rmSync(folder('again'), { recursive: true });
  return disk;
}

async function askLintian({ debs }: Built): Promise<void> {
  const { code, text } = await new Promise<{ code: number; text: string }>((resolve) => {
    execFile('lintian', ['--allow-root', '--fail-on', 'error', ...debs], (error, stdout, stderr) =>
      resolve({ code: error ? 1 : 0, text: `${stdout}${stderr}` }),
    );
  });
  process.stdout.write(text);
  told.claim('lintian finds no error', code === 0 && !/^E:/m.test(text), `${count(text, /^W:/gm)} warnings`);
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** @returns what held in there. */
async function boot(disk: string): Promise<readonly Claim[]> {
  const kernelCache = join(CACHE, 'warren-kernel');
  const code = join(CACHE, 'warren-package-code');
  for (const folder of [kernelCache, code]) mkdirSync(folder, { recursive: true });
  const kernel = await debianKernel(kernelCache);
  const out = join(work, 'out');
  writeFileSync(join(work, 'initramfs'), await initramfs(kernel));
  writeFileSync(join(out, 'modules'), kernel.modules);
  const guest = {
    ...{ root: { disk }, checkout: ROOT, image: kernel.image, initramfs: join(work, 'initramfs'), out, code },
    start: join(ROOT, 'tests/package/guest/start.sh'),
    modules: await modulesDisk(DISKS),
    countsInstructions: true,
  };
  const accelerator = await runGuest(guest, GUEST_LIMIT_MS, (text) =>
    process.stdout.write(stripVTControlCharacters(text).replaceAll('\r', '')),
  );
  told.note(`Linux ${kernel.version} in QEMU (${accelerator})`);
  const report = join(out, 'report.json');
  if (!existsSync(report)) throw new Error('the guest went down before it was done');
  return (JSON.parse(readFileSync(report, 'utf8')) as { readonly claims: readonly Claim[] }).claims;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'string' } } });
  if (process.arch !== 'x64') throw new Error(`the guest is an x86-64 machine; this one is ${process.arch}`);
  if (process.getuid?.() !== 0) throw new Error('the guest shares files of root: run ./warren test --only package');
  work = mkdtempSync(join(tmpdir(), 'warren-package-'));
  process.once('exit', () => rmSync(work, { recursive: true, force: true }));
  // An exit, so that the guest and the folder go too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  let inside: readonly Claim[] = [];
  try {
    const disk = await told.step('the packages, and a machine to put them on', makePackages);
    inside = await told.step('a fresh Debian 12', () => boot(disk));
  } catch {
    // Told already, as a claim that did not hold.
  }
  const claims = [...told.claims, ...inside];
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ claims }));
  console.log(inside.findLast(({ text }) => text.includes('systemd-analyze'))?.detail ?? 'no score');
  process.exit(claims.every(({ ok }) => ok) ? 0 : 1);
}

main().catch((error: unknown) => {
  console.error(`warren: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
});
