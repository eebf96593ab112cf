import { expect, test } from 'vitest';
import { createRandom } from '../../../shared/node/random.ts';

test('no byte of the pool is handed out twice, and what was handed out stays', () => {
  const random = createRandom();
  const drawn = Array.from({ length: 2_000 }, () => random(12));
  const texts = drawn.map((bytes) => Buffer.from(bytes).toString('hex'));
  expect(new Set(texts).size).toBe(drawn.length);
  expect(drawn.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(texts);
});

test.each([0, 1, 12, 64, 65, 5_000])('gives %i bytes of its own', (length) => {
  const random = createRandom();
  const bytes = random(length);
  expect(bytes).toHaveLength(length);
  expect(bytes.buffer.byteLength).toBe(length);
});
