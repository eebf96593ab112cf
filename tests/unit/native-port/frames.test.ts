import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFrame, FrameDecoder, openNativePort, parseDown } from '../../../native-host/native-port.ts';
import { concat, utf8 } from '../../../shared/base/bytes.ts';
import { WarrenError } from '../../../shared/base/errors.ts';
import { type Down, MAX_FRAME_BYTES } from '../../../shared/wire/native.ts';

const text = (payload: Uint8Array) => new TextDecoder().decode(payload);

function header(length: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, length, true);
  return out;
}

function decode(chunks: readonly Uint8Array[]): string[] {
  const decoder = new FrameDecoder();
  return chunks
    .flatMap((chunk) => decoder.push(chunk))
    .map((frame) => ('payload' in frame ? text(frame.payload) : frame.error.code));
}

describe('frames', () => {
  test('come out the same wherever the stream is cut', () => {
    const stream = concat(encodeFrame({ a: 1 }), encodeFrame('é'), encodeFrame([]), header(0));
    for (let cut = 0; cut <= stream.length; cut++)
      expect(decode([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(['{"a":1}', '"é"', '[]', '']);
    expect(decode([...stream].map((byte) => Uint8Array.of(byte)))).toEqual(['{"a":1}', '"é"', '[]', '']);
  });

  test('survive any values under any cuts', () => {
    fc.assert(
      fc.property(fc.array(fc.json(), { maxLength: 8 }), fc.array(fc.nat(200), { maxLength: 20 }), (values, cuts) => {
        const stream = concat(...values.map((value) => encodeFrame(JSON.parse(value))));
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(stream.subarray(at, at + cut));
          at += cut;
        }
        chunks.push(stream.subarray(at));
        expect(decode(chunks)).toEqual(values.map((value) => JSON.stringify(JSON.parse(value))));
      }),
    );
  });

  test('over the limit are refused, skipped and cost no memory, and the next one is read', () => {
    const decoder = new FrameDecoder();
    const size = 3 * MAX_FRAME_BYTES;
    expect(decoder.push(header(size))).toMatchObject([{ error: { code: 'frame_too_large' } }]);
    const chunk = new Uint8Array(65_536);
    for (let sent = 0; sent < size; sent += chunk.length) expect(decoder.push(chunk)).toEqual([]);
    expect(decoder.push(encodeFrame(7)).map((f) => 'payload' in f && text(f.payload))).toEqual(['7']);
  });

  test('of exactly the limit pass and of one byte more do not', () => {
    expect(encodeFrame('x'.repeat(MAX_FRAME_BYTES - 2)).length).toBe(MAX_FRAME_BYTES + 4);
    expect(() => encodeFrame('x'.repeat(MAX_FRAME_BYTES - 1))).toThrow(WarrenError);
  });

  test('of random bytes never throw out of the decoder', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (chunks) => {
        const decoder = new FrameDecoder();
        for (const chunk of chunks) for (const frame of decoder.push(chunk)) expect(frame).toBeDefined();
      }),
    );
  });
});

describe('messages', () => {
  test('are parsed, or refused with a typed error, never anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(utf8)), (payload) => {
        try {
          parseDown(payload);
        } catch (error) {
          expect(error).toBeInstanceOf(WarrenError);
          expect(['frame_malformed', 'message_unknown']).toContain((error as WarrenError).code);
        }
      }),
    );
  });

  test('that are refused never repeat a secret in their words', () => {
    const secret = `0x${'ab'.repeat(31)}zz`;
    const payee = `0x${'11'.repeat(20)}`;
    try {
      parseDown(utf8(JSON.stringify({ type: 'signer', payee, privateKey: secret })));
      expect.unreachable();
    } catch (error) {
      expect((error as WarrenError).code).toBe('message_unknown');
      expect((error as WarrenError).message).not.toContain('abab');
      expect((error as WarrenError).message).toContain('privateKey');
    }
  });
});

describe('the port', () => {
  function rig() {
    const input = new PassThrough();
    const output = new PassThrough();
    const messages: Down[] = [];
    let ends = 0;
    const port = openNativePort(input, output, { onMessage: (m) => messages.push(m), onEnd: () => ends++ });
    const answers = () => {
      const bytes = output.read() as Uint8Array | null;
      return bytes ? decode([bytes]).map((frame) => JSON.parse(frame)) : [];
    };
    return { input, output, messages, port, answers, ends: () => ends };
  }

  test('answers a bad frame with a fault and goes on reading', async () => {
    const { input, messages, answers } = rig();
    input.write(concat(header(3), utf8('{a}'), encodeFrame({ type: 'nonsense' })));
    input.write(encodeFrame({ type: 'hello', version: 1, extensionVersion: '0.1.0' }));
    await new Promise(setImmediate);
    expect(answers().map((a) => [a.type, a.error.code])).toEqual([
      ['fault', 'frame_malformed'],
      ['fault', 'message_unknown'],
    ]);
    expect(messages).toEqual([{ type: 'hello', version: 1, extensionVersion: '0.1.0' }]);
  });

  test('says once that the browser is gone, and writes nothing after it', async () => {
    const { input, port, ends, answers } = rig();
    input.end();
    await new Promise((resolve) => input.once('close', resolve));
    input.destroy();
    port.send({ type: 'fault', error: { code: 'internal', message: '', action: '' } });
    expect(ends()).toBe(1);
    expect(answers()).toEqual([]);
  });

  test('takes a broken output as the browser being gone', async () => {
    const { output, ends } = rig();
    output.destroy(new Error('EPIPE'));
    await new Promise((resolve) => output.once('close', resolve));
    expect(ends()).toBe(1);
  });
});
