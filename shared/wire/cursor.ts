/**
 * Reading and writing binary records, big-endian. A read past the end or a value out of range throws
 * `Malformed`, which never leaves the parser that made the reader.
 */
import { concat, fromHex, toHex } from '../base/bytes.ts';
import { type Address, address, type Did, didOf, parseDid } from '../base/units.ts';

export class Malformed extends Error {
  override name = 'Malformed';
}

/** did:ethr takes at most ten digits. */
const MAX_CHAIN_ID = 9_999_999_999;

export class Reader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** How many bytes were read so far. */
  get at(): number {
    return this.#at;
  }

  /** A copy: what a record keeps does not hold on to the whole packet. */
  bytes(length: number): Uint8Array {
    const from = this.#advance(length);
    return this.#bytes.slice(from, from + length);
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  /** A whole number below 2^53. */
  u64(): number {
    const value = this.#view.getBigUint64(this.#advance(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed('number above 2^53');
    return Number(value);
  }

  u128(): bigint {
    const high = this.#view.getBigUint64(this.#advance(8));
    return (high << 64n) | this.#view.getBigUint64(this.#advance(8));
  }

  address(): Address {
    return address(toHex(this.bytes(20)));
  }

  chainId(): number {
    const id = this.u64();
    if (id > MAX_CHAIN_ID) throw new Malformed('chain id above ten digits');
    return id;
  }

  /** 28 bytes: chain id, then the account. */
  did(): Did {
    return didOf(this.chainId(), this.address());
  }

  /** u16 length, then so many bytes. */
  block(min: number, max: number): Uint8Array {
    const length = this.u16();
    if (length < min || length > max) throw new Malformed(`a field of ${length} bytes`);
    return this.bytes(length);
  }

  expect(value: number, what: string): void {
    if (this.u8() !== value) throw new Malformed(`another ${what}`);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new Malformed('bytes after the end');
  }

  #advance(length: number): number {
    const from = this.#at;
    if (from + length > this.#bytes.length) throw new Malformed('cut short');
    this.#at += length;
    return from;
  }
}

/** Collects the parts of one record. Our own values: out of range is a bug of ours, a RangeError. */
export class Writer {
  readonly #parts: Uint8Array[] = [];

  bytes(bytes: Uint8Array, length = bytes.length): this {
    if (bytes.length !== length) throw new RangeError(`expected ${length} bytes, got ${bytes.length}`);
    this.#parts.push(bytes);
    return this;
  }

  u8(value: number): this {
    return this.#unsigned(BigInt(value), 1);
  }

  u16(value: number): this {
    return this.#unsigned(BigInt(value), 2);
  }

  u32(value: number): this {
    return this.#unsigned(BigInt(value), 4);
  }

  u64(value: number): this {
    return this.#unsigned(BigInt(value), 8);
  }

  u128(value: bigint): this {
    return this.#unsigned(value, 16);
  }

  address(account: Address): this {
    return this.bytes(fromHex(account), 20);
  }

  did(did: Did): this {
    const { chainId, address: account } = parseDid(did);
    return this.u64(chainId).address(account);
  }

  block(bytes: Uint8Array): this {
    return this.u16(bytes.length).bytes(bytes);
  }

  done(): Uint8Array {
    return concat(...this.#parts);
  }

  #unsigned(value: bigint, length: number): this {
    if (value < 0n || value >= 1n << BigInt(8 * length)) throw new RangeError(`${value} does not fit ${length} bytes`);
    const out = new Uint8Array(length);
    let rest = value;
    for (let i = length - 1; i >= 0; i--) {
      out[i] = Number(rest & 255n);
      rest >>= 8n;
    }
    this.#parts.push(out);
    return this;
  }
}
