/** Does what the browser sends arrive? The word "protected" must not outlive a no. */
import { describe, expect, test, vi } from 'vitest';
import { SelfTest } from '../../../extension/background/self-test.ts';
import { createFakeClock } from '../../fakes/clock.ts';

const TARGET = { port: 40_000, username: 'ours' };

function tested(answer: () => unknown) {
  const clock = createFakeClock();
  const asked = vi.fn(async () => answer());
  const changes: string[] = [];
  const test: SelfTest = new SelfTest(asked, clock, () => changes.push(test.status));
  const run = async (ms: number) => {
    for (let left = ms; left >= 0; left -= 500) {
      clock.advance(500);
      await new Promise(setImmediate);
    }
  };
  return { test, run, asked, changes };
}

describe('the self-test', () => {
  test('is fine when our own proxy answers, and is repeated every few minutes', async () => {
    const { test, run, asked, changes } = tested(() => ({ proxy: 'ours', names: true }));
    test.follow(TARGET);
    await run(1_000);
    expect([test.status, test.names]).toEqual(['ok', true]);
    test.follow({ ...TARGET });
    await run(5 * 60_000);
    expect(asked).toHaveBeenCalledTimes(2);
    expect(changes).toEqual(['ok']);
  });

  test.each([
    ['nobody', () => Promise.reject(new Error('ERR_NAME_NOT_RESOLVED'))],
    ['another proxy', () => ({ proxy: 'theirs', names: true })],
    ['a page that is no answer', () => 'hello'],
  ])('three answers of %s in a row are no accident', async (_, answer) => {
    const { test, run, asked } = tested(answer);
    test.follow(TARGET);
    await run(1_000);
    expect(test.status).toBe('untested');
    await run(3_000);
    expect(asked.mock.calls.length).toBe(3);
    expect(test.status).toBe('astray');
  });

  test('one that went astray is asked again soon, and believed', async () => {
    let ours = false;
    const { test, run } = tested(() => ({ proxy: ours ? 'ours' : 'theirs', names: false }));
    test.follow(TARGET);
    await run(4_000);
    expect(test.status).toBe('astray');
    ours = true;
    await run(10_000);
    expect([test.status, test.names]).toEqual(['ok', false]);
  });

  test('another tunnel is another question; none at all is none', async () => {
    const { test, run, asked } = tested(() => ({ proxy: 'ours', names: true }));
    test.follow(TARGET);
    await run(1_000);
    test.follow({ port: 40_001, username: 'next' });
    expect(test.status).toBe('untested');
    await run(4_000);
    expect(test.status).toBe('astray');
    test.follow(null);
    expect(test.status).toBe('untested');
    const before = asked.mock.calls.length;
    await run(60_000);
    expect(asked.mock.calls.length).toBe(before);
  });
});
