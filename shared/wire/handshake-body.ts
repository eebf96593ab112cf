/**
 * What stands inside the sealed parts of m2, m3 and m4: a signature in front, then a body that it
 * covers. Read only after the seal has been opened, but still as a stranger's input.
 */
import * as v from 'valibot';
import { fromBase64, toBase64 } from '../base/bytes.ts';
import { ERROR_CODES, type ErrorCode } from '../base/errors.ts';
import { formatIp, parseIp } from '../base/ip.ts';
import type { Address, Did, Wei } from '../base/units.ts';
import { CANDIDATE_TYPES, type Candidate, CandidateSchema, MAX_CANDIDATES } from './candidate.ts';
import { Malformed, Reader, Writer } from './cursor.ts';
import { codeOf, HASH_BYTES, SIGNATURE_BYTES } from './handshake.ts';
import { GATEWAY6, TunnelAddress4Schema, TunnelAddress6Schema } from './netd.ts';

/** What both sides sign; the same fields as the machine's `Terms`. */
export interface WireTerms {
  readonly pricePerMB: Wei;
  readonly chainId: number;
  readonly channels: Address;
  readonly token: Address;
  readonly payee: Address;
  readonly minGraceMinutes: number;
  readonly address4: string;
  readonly address6: string;
}

/** m2, sealed: who the provider is and what it offers. */
export interface ResponderBody {
  readonly did: Did;
  /** Base64. */
  readonly wireGuardKey: string;
  readonly terms: WireTerms;
  readonly candidates: readonly Candidate[];
}

/** m3, sealed: who the client is. The first four fields and `opening` are what m1 committed to. */
export interface InitiatorBody {
  readonly did: Did;
  readonly signer: Address;
  /** Base64. */
  readonly wireGuardKey: string;
  /** Of the provider, once more: nobody else may take this message. */
  readonly provider: Did;
  readonly opening: Uint8Array;
  readonly candidates: readonly Candidate[];
}

export interface Signed {
  readonly signature: Uint8Array;
  /** The bytes that the signature covers. */
  readonly body: Uint8Array;
}

export function joinSigned(signature: Uint8Array, body: Uint8Array): Uint8Array {
  return new Writer().bytes(signature, SIGNATURE_BYTES).bytes(body).done();
}

/** Null when there is not even a signature. */
export function splitSigned(plaintext: Uint8Array): Signed | null {
  if (plaintext.length <= SIGNATURE_BYTES) return null;
  return { signature: plaintext.slice(0, SIGNATURE_BYTES), body: plaintext.slice(SIGNATURE_BYTES) };
}

export function encodeResponderBody(b: ResponderBody): Uint8Array {
  const t = b.terms;
  const writer = new Writer()
    .did(b.did)
    .bytes(fromBase64(b.wireGuardKey), 32)
    .u128(t.pricePerMB)
    .u64(t.chainId)
    .address(t.channels)
    .address(t.token)
    .address(t.payee)
    .u32(t.minGraceMinutes)
    .bytes(ipBytes(t.address4), 4)
    .bytes(ipBytes(t.address6), 16);
  return writeCandidates(writer, b.candidates).done();
}

/** Null for anything but exactly one body, its tunnel addresses within Warren's range. */
export function parseResponderBody(bytes: Uint8Array): ResponderBody | null {
  return parse(bytes, (r) => ({
    did: r.did(),
    wireGuardKey: toBase64(r.bytes(32)),
    terms: {
      pricePerMB: r.u128(),
      chainId: r.chainId(),
      channels: r.address(),
      token: r.address(),
      payee: r.address(),
      minGraceMinutes: r.u32(),
      address4: tunnelAddress4(formatIp(r.bytes(4))),
      address6: tunnelAddress6(formatIp(r.bytes(16))),
    },
    candidates: readCandidates(r),
  }));
}

export function encodeInitiatorBody(b: InitiatorBody): Uint8Array {
  const writer = new Writer()
    .did(b.did)
    .address(b.signer)
    .bytes(fromBase64(b.wireGuardKey), 32)
    .did(b.provider)
    .bytes(b.opening, HASH_BYTES);
  return writeCandidates(writer, b.candidates).done();
}

export function parseInitiatorBody(bytes: Uint8Array): InitiatorBody | null {
  return parse(bytes, (r) => ({
    did: r.did(),
    signer: r.address(),
    wireGuardKey: toBase64(r.bytes(32)),
    provider: r.did(),
    opening: r.bytes(HASH_BYTES),
    candidates: readCandidates(r),
  }));
}

/** m4, sealed: 0 for yes, else the number of an error code. */
export function encodeVerdict(refusal: ErrorCode | null): Uint8Array {
  return new Writer().u16(refusal ? ERROR_CODES[refusal] : 0).done();
}

export function parseVerdict(bytes: Uint8Array): { readonly refusal: ErrorCode | null } | null {
  return parse(bytes, (r) => {
    const number = r.u16();
    return { refusal: number === 0 ? null : codeOf(number) };
  });
}

/** Count, then for each: type, 4 or 6, address, port, priority. */
function writeCandidates(writer: Writer, candidates: readonly Candidate[]): Writer {
  if (candidates.length > MAX_CANDIDATES) throw new RangeError(`more than ${MAX_CANDIDATES} candidates`);
  writer.u8(candidates.length);
  for (const c of candidates) {
    const ip = ipBytes(c.address);
    writer
      .u8(CANDIDATE_TYPES.indexOf(c.type))
      .u8(ip.length === 4 ? 4 : 6)
      .bytes(ip)
      .u16(c.port)
      .u32(c.priority);
  }
  return writer;
}

function readCandidates(r: Reader): Candidate[] {
  const count = r.u8();
  if (count > MAX_CANDIDATES) throw new Malformed(`${count} candidates`);
  return Array.from({ length: count }, () => {
    const type = CANDIDATE_TYPES[r.u8()];
    const family = r.u8();
    if (family !== 4 && family !== 6) throw new Malformed(`address family ${family}`);
    const address = formatIp(r.bytes(family === 4 ? 4 : 16));
    return checked(CandidateSchema, { type, address, port: r.u16(), priority: r.u32() });
  });
}

function tunnelAddress4(text: string): string {
  if (text.startsWith('100.64.0.')) throw new Malformed('a tunnel address in the gateway network');
  return checked(TunnelAddress4Schema, text);
}

function tunnelAddress6(text: string): string {
  if (text === GATEWAY6) throw new Malformed("the gateway's tunnel address");
  // The /48 exactly: in the shortest spelling (RFC 5952) a zero fourth group would hide it.
  const bytes = ipBytes(text);
  if (ipBytes(GATEWAY6).some((byte, i) => i < 6 && bytes[i] !== byte))
    throw new Malformed('a tunnel address elsewhere');
  return checked(TunnelAddress6Schema, text);
}

function ipBytes(text: string): Uint8Array {
  const bytes = parseIp(text);
  if (!bytes) throw new RangeError(`not an IP address: ${text}`);
  return bytes;
}

function checked<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (!result.success) throw new Malformed(result.issues[0].message);
  return result.output;
}

function parse<T>(bytes: Uint8Array, read: (reader: Reader) => T): T | null {
  try {
    const reader = new Reader(bytes);
    const value = read(reader);
    reader.end();
    return value;
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    return null;
  }
}
