import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES, WarrenError } from '../../../shared/base/errors.ts';
import { isAddress } from '../../../shared/base/units.ts';
import type { Candidate } from '../../../shared/wire/candidate.ts';
import {
  encodeM1,
  encodeRefusal,
  parseM1,
  parseM2,
  parseRefusal,
  parseSealed,
} from '../../../shared/wire/handshake.ts';
import {
  encodeInitiatorBody,
  encodeResponderBody,
  parseInitiatorBody,
  parseResponderBody,
  parseVerdict,
} from '../../../shared/wire/handshake-body.ts';
import { CANDIDATES, client, failure, flip, NOW, provider, say, server, session, shake } from './parties.ts';

const bytes = fc.uint8Array({ maxLength: 2000 });
/** Any first byte, then anything: most random bytes would fail at the type already. */
const framed = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.constantFrom(1, 1, 1, 0, 2, 255), bytes);
const frame = framed.map(([type, version, rest]) => Uint8Array.from([type, version, ...rest]));

const PARSERS: Record<string, (b: Uint8Array) => unknown> = {
  m1: parseM1,
  m2: parseM2,
  m3: (b) => parseSealed('m3', b),
  m4: (b) => parseSealed('m4', b),
  refusal: parseRefusal,
};

describe('the parsers', () => {
  test.each(Object.keys(PARSERS))('%s: any bytes give a value or a typed error', (name) => {
    fc.assert(
      fc.property(frame, (input) => {
        const result = PARSERS[name]?.(input);
        if (result instanceof WarrenError)
          expect(['frame_malformed', 'frame_too_large', 'version_unsupported']).toContain(result.code);
        else expect(result).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  test('bodies: any bytes give a body or null', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        for (const parse of [parseResponderBody, parseInitiatorBody, parseVerdict])
          expect(() => parse(input)).not.toThrow();
      }),
    );
  });

  test('take only the one encoding: nothing cut off, nothing added', () => {
    const { m1, m2, m3 } = shake();
    for (const [name, message] of Object.entries({ m1, m2, m3 })) {
      const parse = PARSERS[name];
      expect(parse?.(message)).not.toBeInstanceOf(WarrenError);
      for (let length = 0; length < message.length; length++)
        expect(parse?.(message.subarray(0, length))).toBeInstanceOf(WarrenError);
      expect(parse?.(Uint8Array.from([...message, 0]))).toBeInstanceOf(WarrenError);
    }
  });

  test('what was read is written back byte for byte', () => {
    const { m1 } = shake();
    const message = parseM1(m1);
    if (message instanceof WarrenError) throw message;
    expect(encodeM1(message)).toEqual(m1);
    expect(parseRefusal(encodeRefusal('channel_closing'))).toBe('channel_closing');
  });

  test('a code from the future is an error like any other', () => {
    expect(Object.values(ERROR_CODES)).not.toContain(60_000);
    expect(parseRefusal(Uint8Array.of(5, 1, 0xea, 0x60))).toBe('internal');
  });
});

describe('bodies', () => {
  const ip = fc.oneof(fc.ipV4(), fc.ipV6());
  const candidate: fc.Arbitrary<Candidate> = fc.record({
    type: fc.constantFrom('host', 'srflx', 'prflx', 'relay'),
    address: ip,
    port: fc.integer({ min: 1, max: 65_535 }),
    priority: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  });

  test('carry any candidates there and back', () => {
    const p = provider();
    const { did, wireGuardKey, terms } = p.config;
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 16 }), (candidates) => {
        const encoded = encodeResponderBody({ did, wireGuardKey, terms, candidates });
        const body = parseResponderBody(encoded);
        expect(body?.candidates.length).toBe(candidates.length);
        expect(body && encodeResponderBody(body)).toEqual(encoded);
      }),
    );
  });

  test.each([
    ['address4', '100.64.0.9'],
    ['address4', '10.0.0.1'],
    ['address4', '100.128.0.1'],
    ['address6', 'fd77:6172:7265::1'],
    ['address6', 'fd77:6172:7266::5'],
    ['address6', '2001:db8::1'],
  ])('with %s = %s are refused', (field, value) => {
    const { did, wireGuardKey, terms, candidates } = provider().config;
    const body = encodeResponderBody({ did, wireGuardKey, candidates, terms: { ...terms, [field]: value } });
    expect(parseResponderBody(body)).toBeNull();
  });

  test('name their addresses in lower case', () => {
    const { did } = provider();
    const encoded = encodeInitiatorBody({
      did,
      signer: provider().hot.address,
      wireGuardKey: provider().config.wireGuardKey,
      provider: did,
      opening: new Uint8Array(32),
      candidates: CANDIDATES,
    });
    const body = parseInitiatorBody(encoded);
    expect(isAddress(body?.signer ?? '') && body?.signer === body?.signer.toLowerCase()).toBe(true);
  });
});

describe('the machines', () => {
  test('establish nothing on any bytes, and say so in their own codes', () => {
    const p = provider();
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 4 }), (frames) => {
        for (const machine of [
          client(p).machine,
          server({ ...p, config: { ...p.config, peer: `${Math.random()}` } }),
        ]) {
          for (const input of frames) {
            const outputs = say(machine, input);
            expect(session(outputs)).toBeNull();
            expect(outputs.some((o) => o.type === 'verifyClient')).toBe(false);
            const code = failure(outputs);
            if (code) expect(ERROR_CODES).toHaveProperty(code);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('any flipped bit of m1 ends without a session', () => {
    fc.assert(
      // Half of the runs flip the short fields in front, which are checked one by one.
      fc.property(fc.boolean(), fc.nat(), (front, n) => {
        const p = provider();
        const { machine, m1 } = client(p);
        const answer = say(server(p), flip(m1, n % (front ? 1600 : m1.length * 8))).find((o) => o.type === 'send');
        const outputs = answer ? say(machine, answer.bytes) : [];
        expect(outputs.some((o) => o.type === 'send')).toBe(false);
        expect(session(outputs)).toBeNull();
      }),
      { numRuns: 100 },
    );
  });

  test('any flipped bit of m2 ends without a session', () => {
    fc.assert(
      fc.property(fc.nat(), (n) => {
        const p = provider();
        const { machine, m1 } = client(p);
        const answer = say(server(p), m1).find((o) => o.type === 'send');
        if (!answer) throw new Error('no m2');
        const outputs = say(machine, flip(answer.bytes, n % (answer.bytes.length * 8)));
        expect(outputs.some((o) => o.type === 'send')).toBe(false);
        expect(session(outputs)).toBeNull();
      }),
      { numRuns: 60 },
    );
  });

  test('any flipped bit of m3 ends without a client', () => {
    fc.assert(
      fc.property(fc.nat(), (n) => {
        const p = provider();
        const { machine, m1 } = client(p);
        const responder = server(p);
        const m2 = say(responder, m1).find((o) => o.type === 'send');
        if (!m2) throw new Error('no m2');
        const m3 = say(machine, m2.bytes).find((o) => o.type === 'send');
        if (!m3) throw new Error('no m3');
        const outputs = say(responder, flip(m3.bytes, n % (m3.bytes.length * 8)), NOW);
        expect(outputs.some((o) => o.type === 'verifyClient' || o.type === 'established')).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test('any flipped bit of m4 is no acceptance', () => {
    fc.assert(
      fc.property(fc.nat(), (n) => {
        const { initiator, responder } = shake();
        const m4 = responder.handle({ type: 'clientVerified' }, NOW).find((o) => o.type === 'send');
        if (!m4) throw new Error('no m4');
        const outputs = say(initiator, flip(m4.bytes, n % (m4.bytes.length * 8)));
        expect(outputs.some((o) => o.type === 'accepted')).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});
