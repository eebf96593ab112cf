/** Packs one package with dpkg-deb. Nobody has to be root for it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conffiles, controlText, md5sums } from './control.ts';
import type { DebianPackage, Release } from './package.ts';
import { dateAll, filesBelow, stage } from './stage.ts';

const HOW = { xz: ['-Zxz'], gzip: ['-Zgzip', '-z1'] } as const;

/** @returns the path of the package. @throws Error with what dpkg-deb said. */
export function buildDeb(pkg: DebianPackage, release: Release, into: string): string {
  const root = mkdtempSync(join(tmpdir(), 'warren-deb-'));
  try {
    stage(root, pkg.files);
    const files = filesBelow(root);
    const control: Readonly<Record<string, string>> = {
      control: controlText(pkg, release, root, files),
      conffiles: conffiles(files),
      md5sums: md5sums(root, files),
    };
    mkdirSync(join(root, 'DEBIAN'));
    for (const [name, text] of Object.entries(control))
      if (text !== '') writeFileSync(join(root, 'DEBIAN', name), text, { mode: 0o644 });
    for (const [name, text] of Object.entries(pkg.scripts))
      writeFileSync(join(root, 'DEBIAN', name), text, { mode: 0o755 });
    for (const folder of [root, join(root, 'DEBIAN')]) chmodSync(folder, 0o755);
    dateAll(root, release.epoch);
    const file = join(into, `${pkg.name}_${release.version}_${pkg.architecture}.deb`);
    const how = ['--root-owner-group', ...HOW[release.compression], '--build', root, file];
    execFileSync('dpkg-deb', how, {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(release.epoch), LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return file;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
