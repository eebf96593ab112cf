import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../../shared/base/bytes.ts';

test('hex text and bytes turn into each other, in either case and with or without 0x', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const text = toHex(bytes);
      expect(fromHex(text)).toEqual(bytes);
      expect(fromHex(text.slice(2).toUpperCase())).toEqual(bytes);
    }),
  );
});

test('whatever is no hex text is refused, nothing else is', () => {
  const almostHex = fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF@G`g/:xŁ\u0161 '), maxLength: 8 });
  fc.assert(
    fc.property(fc.oneof(almostHex, fc.string()), (text) => {
      const valid = /^(0x)?([0-9a-fA-F]{2})*$/.test(text);
      if (valid) expect(fromHex(text).length).toBe((text.length - (text.startsWith('0x') ? 2 : 0)) / 2);
      else expect(() => fromHex(text)).toThrow(RangeError);
    }),
    { numRuns: 500 },
  );
});
