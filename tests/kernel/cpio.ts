/** Writes a cpio archive in the "newc" format, which is what Linux unpacks an initramfs from. */

export interface Entry {
  /** Without a leading slash; its folder stands before it. */
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

const FOLDER = 0o040755;
const PROGRAM = 0o100755;
const PLAIN = 0o100644;
const SYMLINK = 0o120777;
const TRAILER: Entry = { path: 'TRAILER!!!', mode: 0, content: new Uint8Array() };

export const folder = (path: string): Entry => ({ path, mode: FOLDER, content: new Uint8Array() });
export const program = (path: string, content: Uint8Array): Entry => ({ path, mode: PROGRAM, content });
export const plain = (path: string, content: Uint8Array): Entry => ({ path, mode: PLAIN, content });
export const symlink = (path: string, target: string): Entry => ({ path, mode: SYMLINK, content: Buffer.from(target) });

export function cpio(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries, TRAILER].flatMap(record));
}

function record({ path, mode, content }: Entry, index: number): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  // inode, mode, uid, gid, links, mtime, size, device (4 numbers), length of the name, check
  const fields = [index + 1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [header, name, padding(header.length + name.length), Buffer.from(content), padding(content.length)];
}

/** Names and contents begin at multiples of four. */
function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}
