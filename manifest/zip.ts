/**
 * As much of the ZIP format (PKWARE APPNOTE.TXT 4.3) as the package of an extension needs: no ZIP64, no encryption.
 * What is written depends on names and contents alone, so that the same files make the same bytes.
 */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';

export interface Entry {
  readonly name: string;
  readonly data: Buffer;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
const STORED = 0;
const DEFLATED = 8;
/** 1 January 1980, the first day that the format knows. */
const NO_DATE = 0x21;

/** The files, without folders. @throws RangeError when it is no such archive. */
export function readZip(zip: Buffer): Entry[] {
  const signature = Buffer.alloc(4);
  signature.writeUInt32LE(END);
  const end = zip.lastIndexOf(signature);
  if (end < 0) throw new RangeError('no ZIP archive');
  const entries: Entry[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const method = zip.readUInt16LE(at + 10);
    const size = zip.readUInt32LE(at + 20);
    const nameEnd = at + 46 + zip.readUInt16LE(at + 28);
    const local = zip.readUInt32LE(at + 42);
    const name = zip.toString('utf8', at + 46, nameEnd);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const packed = zip.subarray(start, start + size);
    if (method !== STORED && method !== DEFLATED) throw new RangeError(`${name} is packed in an unknown way`);
    if (!name.endsWith('/')) entries.push({ name, data: method === DEFLATED ? inflateRawSync(packed) : packed });
    at = nameEnd + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

export function writeZip(entries: readonly Entry[]): Buffer {
  const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data } of sorted) {
    const packed = deflateRawSync(data, { level: 9 });
    const title = Buffer.from(name);
    const facts = factsOf(title.length, data, packed.length);
    const file = Buffer.concat([word(LOCAL), facts, title, packed]);
    files.push(file);
    // Made by, facts, then comment, disk, and both kinds of attributes: nothing.
    directory.push(word(CENTRAL), half(VERSION), facts, Buffer.alloc(10), word(offset), title);
    offset += file.length;
  }
  const central = Buffer.concat(directory);
  const count = half(sorted.length);
  const end = [word(END), half(0), half(0), count, count, word(central.length), word(offset), half(0)];
  return Buffer.concat([...files, central, ...end]);
}

/** What both headers of a file say of it. */
function factsOf(titleLength: number, data: Buffer, packedLength: number): Buffer {
  const how = [half(VERSION), half(UTF8_NAMES), half(DEFLATED), half(0), half(NO_DATE)];
  const what = [word(crc32(data)), word(packedLength), word(data.length), half(titleLength), half(0)];
  return Buffer.concat([...how, ...what]);
}

function half(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
