/** Firefox without "Run in Private Windows", which refuses `proxy.settings`: routes hold, and the popup says what does not. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { by, view } from '../e2e/ui.ts';
import { FirefoxBench, STOPPED } from './firefox-bench.ts';

const bench = new FirefoxBench();

beforeAll(() => bench.up({ privateWindows: false }));
afterAll(() => bench.down());

test('a routed site still goes through the exit or nowhere, and the popup says that the floor is missing', async () => {
  expect(await bench.load('one.example')).toBe('through the exit as u');
  expect(await bench.load('no.example')).toMatch(STOPPED);
  expect(await bench.load('three.example')).toBe('direct');
  expect((await view(bench.popup)).applied).toBe('noFloor');
  expect(await by(bench.popup, 'stateDetail').textContent()).toMatch(/private windows/i);
});

test('what gets out without it is the one question that the floor is there for, and no packet to the site', async () => {
  const leaks = bench.place.leaks();
  expect(leaks).toContain('HTTPS question for one.example');
  expect(leaks.filter((leak) => !leak.startsWith('HTTPS question'))).toEqual([]);
  expect(await bench.place.strayPackets()).toEqual([]);
});
