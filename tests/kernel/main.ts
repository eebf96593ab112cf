/**
 * Runs tests against the kernel's own WireGuard: in a guest with Debian's kernel, on this machine's files.
 * Prints what the guest prints; the report is what held (guest/main.ts), or for named files of the tests vitest's.
 *
 * usage: main.ts [--json FILE] [--limit SECONDS] [test file …]
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { bundlePrograms } from '../lab/bundle-programs.ts';
import { ROOT } from '../lab/identity.ts';
import { areBundled } from '../lab/programs.ts';
import { bundleInto } from './bundle.ts';
import { debianKernel } from './debian.ts';
import { initramfs } from './initramfs.ts';
import { runGuest } from './qemu.ts';

/** Seconds from the guest's being up. */
const LIMIT = '600';
const CACHE = join(ROOT, 'node_modules/.cache/warren-kernel');
/** Where the guest has the folder of this run. */
const OUT = '/run/out';
const REPORT = 'report.json';
const STEPS = ['node', `${OUT}/steps/main.mjs`, `${OUT}/${REPORT}`];
const VITEST = [
  ...['node', 'node_modules/vitest/vitest.mjs', 'run', '--config', 'tests/kernel/guest/vitest.config.ts'],
  ...['--reporter=verbose', '--reporter=json', `--outputFile.json=${OUT}/${REPORT}`],
];

/** @returns what the guest runs. */
async function prepare(out: string, files: readonly string[]): Promise<readonly string[]> {
  if (!areBundled()) await bundlePrograms(ROOT);
  if (files.length > 0) return [...VITEST, ...files];
  await bundleInto(join(out, 'steps'), ROOT, 'tests/kernel/guest/main.ts');
  return STEPS;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'string' }, limit: { type: 'string', default: LIMIT } },
    allowPositionals: true,
  });
  if (process.arch !== 'x64') throw new Error(`the guest is an x86-64 machine; this one is ${process.arch}`);
  if (process.getuid?.() !== 0) throw new Error('the guest shares the files of root: run ./warren test --only kernel');
  mkdirSync(join(CACHE, 'code'), { recursive: true });
  const kernel = await debianKernel(CACHE);
  const out = mkdtempSync(join(tmpdir(), 'warren-kernel-'));
  process.once('exit', () => rmSync(out, { recursive: true, force: true }));
  // An exit, so that the guest and the folder go too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  const command = await prepare(out, positionals);
  writeFileSync(join(out, 'command'), command.map((word) => `${word}\n`).join(''));
  writeFileSync(join(out, 'initramfs'), await initramfs(kernel));
  writeFileSync(join(out, 'modules'), kernel.modules);
  const guest = {
    root: { folder: '/' },
    image: kernel.image,
    initramfs: join(out, 'initramfs'),
    out,
    code: join(CACHE, 'code'),
    start: join(ROOT, 'tests/kernel/guest/start.sh'),
    // Whatever else is in the guest may need both processors.
    countsInstructions: positionals.length === 0,
  };
  const accelerator = await runGuest(guest, Number(values.limit) * 1000, (text) =>
    process.stdout.write(stripVTControlCharacters(text).replaceAll('\r', '')),
  );
  console.log(`Linux ${kernel.version} in QEMU (${accelerator})`);
  const report = join(out, REPORT);
  if (!existsSync(report)) throw new Error('the guest went down before its tests were done');
  if (values.json !== undefined) copyFileSync(report, values.json);
  process.exit(Number(readFileSync(join(out, 'code'), 'utf8')));
}

main().catch((error: unknown) => {
  console.error(`warren: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
});
