/**
 * A kernel without its packing. A machine boots a small program that unpacks the kernel behind it; an emulated one
 * takes five seconds of a processor for that, this one half a second, once. QEMU starts what comes out (PVH).
 */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { run } from '../lab/run.ts';

/** What an .xz file begins with (its format's §2.1.1.1): the packing that Debian 12 has. */
const XZ = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const UNPACK = 'tail -c "+$2" "$1" | xz -dc --single-stream >"$3"';

/** @returns the unpacked kernel, kept beside it; the packed one where it is packed in another way. */
export async function unpacked(image: string): Promise<string> {
  const kernel = `${image}.unpacked`;
  if (existsSync(kernel)) return kernel;
  const at = readFileSync(image).indexOf(XZ);
  if (at < 0) return image;
  // Beside its place and moved there, so that what is there is whole. Behind it stands more: xz says so, and is done.
  await run('bash', ['-c', UNPACK, 'unpack', image, String(at + 1), `${kernel}.new`]).catch(() => {});
  if (!isElf(`${kernel}.new`)) {
    rmSync(`${kernel}.new`, { force: true });
    return image;
  }
  renameSync(`${kernel}.new`, kernel);
  return kernel;
}

function isElf(file: string): boolean {
  return existsSync(file) && readFileSync(file).subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'));
}
