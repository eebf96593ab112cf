/**
 * DNS messages at the border (RFC 1035): parses what clients and upstream servers sent, rebuilds what
 * goes on, and takes answers out that point into special-purpose ranges (DNS rebinding: a name of an
 * attacker's must not lead into the provider's home). Pure: bytes in, bytes out.
 */
import {
  type Answer,
  decode,
  encode,
  encodingLength,
  type Packet,
  type PacketOpt,
  type Question,
  RECURSION_DESIRED,
} from 'dns-packet';
import { isSpecialPurpose } from '../../shared/node/special-purpose.ts';
import { isSiteLocalName } from './site-names.ts';

export const MAX_UDP_PAYLOAD = 1232;
const MIN_UDP_PAYLOAD = 512;

export interface Query {
  readonly id: number;
  readonly question: Question;
  /** What the client can take in one datagram (RFC 6891), 512 … 1232. */
  readonly payload: number;
  readonly wantsDnssec: boolean;
}

export type Rcode = 'FORMERR' | 'SERVFAIL' | 'NOTIMP' | 'REFUSED';
const RCODES: Record<Rcode, number> = { FORMERR: 1, SERVFAIL: 2, NOTIMP: 4, REFUSED: 5 };
/** Whole zones and everything-there-is: amplification, and no browser asks for it. */
const REFUSED_TYPES = new Set(['ANY', 'AXFR', 'IXFR', 'UNKNOWN_255']);

/** What is answered with a code alone. */
export interface Refused {
  readonly id: number;
  readonly rcode: Rcode;
  /** Where there was one: an answer without its question is malformed to whoever asked (RFC 5452 §9.1). */
  readonly question?: Question;
}

/** Null: not worth an answer. A code: answer with it. */
export function parseQuery(message: Uint8Array): Query | Refused | null {
  if (message.length < 12 || message.length > 4096) return null;
  const packet = parsed(message);
  const id = Buffer.from(message).readUInt16BE(0);
  if (!packet) return (message[2] as number) & 0x80 ? null : { id, rcode: 'FORMERR' };
  if (packet.type !== 'query') return null;
  const [question, ...more] = packet.questions ?? [];
  if ((((packet.flags ?? 0) >> 11) & 0xf) !== 0) return { id, rcode: 'NOTIMP' };
  if (!question || more.length > 0) return { id, rcode: 'FORMERR' };
  if ((question.class ?? 'IN') !== 'IN' || REFUSED_TYPES.has(question.type)) return { id, rcode: 'REFUSED', question };
  if (isSiteLocalName(question.name)) return { id, rcode: 'REFUSED', question };
  const option = packet.additionals?.find((record) => record.type === 'OPT');
  const payload = option?.type === 'OPT' ? option.udpPayloadSize : MIN_UDP_PAYLOAD;
  return {
    id,
    question,
    payload: Math.min(MAX_UDP_PAYLOAD, Math.max(MIN_UDP_PAYLOAD, payload)),
    wantsDnssec: option?.type === 'OPT' && option.flag_do,
  };
}

/** RFC 8467 §4.1: how long a question is tells what it asks, so over TLS all are as long. */
const PADDED_LENGTH = 128;
const PADDING = 12;
const OPTION_HEADER = 4;

/** The question anew, under our id and with no option of the client's (no client subnet, RFC 7871 §11). */
export function upstreamQuery(id: number, query: Query, form: 'plain' | 'padded' = 'plain'): Buffer {
  const bare = upstreamPacket(id, query, []);
  if (form === 'plain') return encode(bare);
  const length = encodingLength(bare) + OPTION_HEADER;
  const padding = (PADDED_LENGTH - (length % PADDED_LENGTH)) % PADDED_LENGTH;
  return encode(upstreamPacket(id, query, [{ code: PADDING, length: padding }]));
}

function upstreamPacket(id: number, query: Query, options: PacketOpt[]): Packet {
  return {
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [query.question],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: MAX_UDP_PAYLOAD,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: query.wantsDnssec ? 0x8000 : 0,
        flag_do: query.wantsDnssec,
        options,
      },
    ],
  };
}

/** True when `message` answers exactly the question that we asked under `id`. */
export function isAnswerTo(message: Uint8Array, id: number, question: Question): boolean {
  const packet = parsed(message);
  const [asked, ...more] = packet?.questions ?? [];
  return (
    packet?.type === 'response' &&
    packet.id === id &&
    asked !== undefined &&
    more.length === 0 &&
    asked.type === question.type &&
    asked.name.toLowerCase() === question.name.toLowerCase()
  );
}

export function isTruncated(message: Uint8Array): boolean {
  return ((message[2] as number) & 0x02) !== 0;
}

/** The upstream's answer for the client: its own id, and nothing that points into a special range. */
export function answerFor(query: Query, upstream: Uint8Array): Buffer {
  const packet = parsed(upstream);
  if (!packet) return refusal(query, 'SERVFAIL');
  const answers = packet.answers ?? [];
  const clean = answers.filter((record) => !pointsInside(record));
  const beside = [...(packet.authorities ?? []), ...(packet.additionals ?? [])];
  if (clean.length === answers.length && !beside.some(pointsInside)) {
    const bytes = Buffer.from(upstream);
    bytes.writeUInt16BE(query.id, 0);
    return bytes;
  }
  const addresses = clean.filter((record) => record.type === 'A' || record.type === 'AAAA');
  if (addresses.length === 0 && clean.length < answers.length) return refusal(query, 'REFUSED');
  return encode({
    type: 'response',
    id: query.id,
    flags: (packet.flags ?? 0) & 0x0180,
    questions: [query.question],
    answers: clean,
  });
}

export function refusal(query: { readonly id: number; readonly question?: Question }, rcode: Rcode): Buffer {
  return encode({
    type: 'response',
    id: query.id,
    flags: RECURSION_DESIRED | 0x80 | RCODES[rcode],
    questions: query.question ? [query.question] : [],
  });
}

/** For UDP: too long an answer becomes an empty one with TC set, and the client comes again by TCP. */
export function fitting(query: Query, answer: Buffer): Buffer {
  if (answer.length <= query.payload) return answer;
  return encode({
    type: 'response',
    id: query.id,
    flags: RECURSION_DESIRED | 0x80 | 0x0200,
    questions: [query.question],
  });
}

/** The names that an answer leads over (CNAME, DNAME), beside the one that was asked. */
export function aliasesIn(answer: Uint8Array): readonly string[] {
  const records = parsed(answer)?.answers ?? [];
  return records.flatMap((record) => (record.type === 'CNAME' || record.type === 'DNAME' ? [record.data] : []));
}

function parsed(message: Uint8Array): Packet | null {
  try {
    return decode(Buffer.from(message));
  } catch {
    return null;
  }
}

function pointsInside(record: Answer): boolean {
  if (record.type === 'A' || record.type === 'AAAA') return isSpecialPurpose(record.data);
  // The library has no name for these two and hands their bytes out (RFC 9460: SVCB, HTTPS).
  const type: string = record.type;
  if (type !== 'UNKNOWN_64' && type !== 'UNKNOWN_65') return false;
  return 'data' in record && (!Buffer.isBuffer(record.data) || hintsInside(record.data));
}

const IPV4_HINT = 4;
const IPV6_HINT = 6;

/** RFC 9460 §2.2: priority, target name (never compressed), then (key, length, value) triples. */
function hintsInside(data: Buffer): boolean {
  let at = 2;
  while (at < data.length && data[at] !== 0) at += 1 + (data[at] as number);
  at++;
  while (at + 4 <= data.length) {
    const key = data.readUInt16BE(at);
    const value = data.subarray(at + 4, at + 4 + data.readUInt16BE(at + 2));
    if (key === IPV4_HINT || key === IPV6_HINT) {
      const size = key === IPV4_HINT ? 4 : 16;
      for (let i = 0; i < value.length; i += size)
        if (isSpecialPurpose(addressText(value.subarray(i, i + size)))) return true;
    }
    at += 4 + value.length;
  }
  return false;
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  return bytes.toString('hex').replace(/(.{4})(?!$)/g, '$1:');
}
