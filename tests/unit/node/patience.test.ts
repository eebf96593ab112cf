import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { patience } from '../../../shared/node/patience.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('gives up once, after the whole time, unless it is called off', () => {
  vi.useFakeTimers();
  const gone: string[] = [];
  patience(1_000, () => gone.push('a'));
  const callOff = patience(1_000, () => gone.push('b'));
  vi.advanceTimersByTime(999);
  expect(gone).toEqual([]);
  callOff();
  vi.advanceTimersByTime(5_000);
  expect(gone).toEqual(['a']);
});

test('does not count the time in which the process was stopped', async () => {
  const program = `
    const { patience } = await import(${JSON.stringify(resolve('shared/node/patience.ts'))});
    const keep = setInterval(() => {}, 1_000);
    patience(1_000, () => { console.log('gave up'); clearInterval(keep); });
    console.log('waiting');`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  await sleep(2_000);
  const woken = performance.now();
  child.kill('SIGCONT');
  await once(child, 'close');
  expect(text).toContain('gave up');
  expect(performance.now() - woken).toBeGreaterThan(500);
});
