import { type Answer, decode, encode, type Question } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answerFor,
  fitting,
  isAnswerTo,
  parseQuery,
  type Query,
  refusal,
  upstreamQuery,
} from '../../../provider/dns/messages.ts';

const QUESTION: Question = { type: 'A', name: 'one.example', class: 'IN' };
const asks = (question: Question = QUESTION) => encode({ type: 'query', id: 7, questions: [question] });
const query = parseQuery(asks()) as Query;
const answers = (records: Answer[], id = 99) =>
  encode({ type: 'response', id, questions: [QUESTION], answers: records });
const a = (data: string): Answer => ({ type: 'A', name: 'one.example', ttl: 60, data });
const aaaa = (data: string): Answer => ({ type: 'AAAA', name: 'one.example', ttl: 60, data });
/** RFC 9460 HTTPS record: priority 1, target ".", one hint. */
const https = (key: number, value: number[]): Answer =>
  ({
    type: 'UNKNOWN_65',
    name: 'one.example',
    ttl: 60,
    data: Buffer.from([0, 1, 0, 0, key, 0, value.length, ...value]),
  }) as unknown as Answer;

describe("a client's question", () => {
  it('is read with what the client can take', () => {
    const message = encode({
      type: 'query',
      id: 7,
      questions: [QUESTION],
      additionals: [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 4096,
          extendedRcode: 0,
          ednsVersion: 0,
          flags: 0x8000,
          flag_do: true,
          options: [],
        },
      ],
    });
    expect(query).toMatchObject({ id: 7, payload: 512, wantsDnssec: false });
    expect(parseQuery(message)).toMatchObject({ id: 7, payload: 1232, wantsDnssec: true });
  });

  it.each([
    ['ANY', 'REFUSED'],
    ['AXFR', 'REFUSED'],
    ['IXFR', 'REFUSED'],
  ] as const)('of type %s is refused', (type, rcode) => {
    expect(parseQuery(asks({ ...QUESTION, type: type as Question['type'] }))).toMatchObject({ id: 7, rcode });
  });

  it.each([
    ['PTR', '23.1.168.192.in-addr.arpa'],
    ['PTR', 'b._dns-sd._udp.0.1.168.192.in-addr.arpa'],
    ['PTR', '7.0.20.172.IN-ADDR.ARPA'],
    ['PTR', '1.0.0.127.in-addr.arpa'],
    ['PTR', '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa'],
    ['A', 'nas.lan'],
    ['TXT', 'printer.local'],
    ['SRV', '_ldap._tcp.dc.internal'],
    ['A', 'fritz.box'],
  ] as const)("(%s) about the provider's own home, %s, is refused", (type, name) => {
    expect(parseQuery(asks({ type, name, class: 'IN' }))).toMatchObject({
      id: 7,
      rcode: 'REFUSED',
      question: { name },
    });
  });

  it.each([
    ['PTR', '8.8.8.8.in-addr.arpa'],
    ['PTR', '1.0.32.172.in-addr.arpa'],
    ['A', 'local.example'],
    ['A', 'atlan.example'],
    ['NS', 'com'],
  ] as const)("(%s) about %s is anybody's to ask", (type, name) => {
    expect(parseQuery(asks({ type, name, class: 'IN' }))).toMatchObject({ id: 7, question: { name } });
  });

  it('about another class is refused, two at once are malformed, an answer is nothing', () => {
    expect(parseQuery(asks({ ...QUESTION, class: 'CH' }))).toMatchObject({ rcode: 'REFUSED' });
    expect(parseQuery(encode({ type: 'query', id: 7, questions: [QUESTION, QUESTION] }))).toMatchObject({
      rcode: 'FORMERR',
    });
    expect(parseQuery(answers([a('1.2.3.4')]))).toBeNull();
  });

  it('never crashes the parser', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void parseQuery(bytes)));
    const mutated = fc
      .tuple(fc.nat(asks().length - 1), fc.uint8Array({ minLength: 1, maxLength: 4 }))
      .map(([at, noise]) => {
        const bytes = asks();
        noise.forEach((byte, i) => {
          if (at + i < bytes.length) bytes[at + i] = byte;
        });
        return bytes;
      });
    fc.assert(
      fc.property(mutated, (bytes) => {
        const parsed = parseQuery(bytes);
        if (!parsed) return;
        refusal(parsed, 'SERVFAIL');
        if (!('rcode' in parsed)) upstreamQuery(1, parsed);
      }),
      { numRuns: 2000 },
    );
  });

  it('goes upstream without any option of the client', () => {
    const sent = decode(upstreamQuery(5, query));
    expect(sent).toMatchObject({ id: 5, type: 'query', questions: [{ name: 'one.example', type: 'A' }] });
    expect(sent.additionals?.[0]).toMatchObject({ type: 'OPT', options: [] });
  });

  it('is as long as any other where its length would tell something', () => {
    for (const name of ['a.example', 'a-much-longer-name.of-somebody.example']) {
      const bytes = upstreamQuery(5, { ...query, question: { ...QUESTION, name } }, 'padded');
      expect(bytes).toHaveLength(128);
      expect(decode(bytes).questions).toMatchObject([{ name }]);
    }
  });
});

describe("the upstream's answer", () => {
  it('counts only for the question asked', () => {
    expect(isAnswerTo(answers([a('1.2.3.4')]), 99, QUESTION)).toBe(true);
    expect(isAnswerTo(answers([a('1.2.3.4')]), 98, QUESTION)).toBe(false);
    expect(isAnswerTo(answers([a('1.2.3.4')]), 99, { ...QUESTION, name: 'two.example' })).toBe(false);
    expect(isAnswerTo(asks(), 7, QUESTION)).toBe(false);
  });

  it('goes back byte by byte under the id of the client', () => {
    const upstream = answers([a('93.184.216.34'), aaaa('2606:4700::1')]);
    const answer = answerFor(query, upstream);
    expect(answer.readUInt16BE(0)).toBe(7);
    expect(answer.subarray(2)).toEqual(upstream.subarray(2));
  });

  it.each(['192.168.1.1', '10.0.0.1', '127.0.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'])(
    'that points to %s is refused',
    (data) => expect(decode(answerFor(query, answers([a(data)])))).toMatchObject({ id: 7, rcode: 'REFUSED' }),
  );

  it('carries nothing beside the answer that points into the home', () => {
    const glue = { ...a('192.168.1.1'), name: 'ns.one.example' };
    const response = (records: Answer[]) =>
      encode({ type: 'response', id: 99, questions: [QUESTION], answers: records, additionals: [glue] });
    const cleaned = decode(answerFor(query, response([a('93.184.216.34')])));
    expect(cleaned).toMatchObject({ id: 7, answers: [{ data: '93.184.216.34' }], additionals: [] });
    expect(decode(answerFor(query, response([])))).toMatchObject({ id: 7, rcode: 'NOERROR' });
  });

  it.each(['::1', 'fe80::1', 'fd00::1', '::ffff:192.168.1.1', '64:ff9b::c0a8:101'])(
    'that points to %s is refused',
    (data) => expect(decode(answerFor(query, answers([aaaa(data)])))).toMatchObject({ rcode: 'REFUSED', answers: [] }),
  );

  it('loses the address inside and keeps the one outside', () => {
    const answer = decode(answerFor(query, answers([a('192.168.1.1'), a('93.184.216.34')])));
    expect(answer.answers).toMatchObject([{ data: '93.184.216.34' }]);
  });

  it('loses service records that hint inside', () => {
    const inside = answers([https(4, [192, 168, 1, 1])]);
    const inside6 = answers([https(6, [0xfd, ...Array<number>(15).fill(0)])]);
    const outside = answers([https(4, [93, 184, 216, 34])]);
    expect(decode(answerFor(query, inside))).toMatchObject({ rcode: 'REFUSED' });
    expect(decode(answerFor(query, inside6))).toMatchObject({ rcode: 'REFUSED' });
    expect(answerFor(query, outside).subarray(2)).toEqual(outside.subarray(2));
  });

  it('is cut for UDP when it is longer than the client takes', () => {
    const long = answerFor(query, answers(Array.from({ length: 60 }, (_, i) => a(`93.184.1.${i}`))));
    const cut = decode(fitting(query, long));
    expect(cut).toMatchObject({ id: 7, flag_tc: true, answers: [] });
    expect(fitting({ ...query, payload: 4096 }, long)).toBe(long);
  });

  it('never crashes the filter', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void answerFor(query, bytes)));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (data) => {
        const record = { type: 'UNKNOWN_65', name: 'x', ttl: 1, data: Buffer.from(data) } as unknown as Answer;
        expect(answerFor(query, answers([record]))).toBeInstanceOf(Buffer);
      }),
    );
  });
});
