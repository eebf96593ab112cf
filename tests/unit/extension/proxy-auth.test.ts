import { describe, expect, test } from 'vitest';
import { ProxyAuth } from '../../../extension/background/proxy-auth.ts';
import { exit } from './tables.ts';

const EXITS = [exit('any')];
const request = (part: { requestId?: string; isProxy?: boolean; host?: string; port?: number } = {}) => ({
  requestId: part.requestId ?? '1',
  isProxy: part.isProxy ?? true,
  challenger: { host: part.host ?? '127.0.0.1', port: part.port ?? 40_000 },
});

describe('credentials for the local proxies', () => {
  test('go to the port that an exit names', () => {
    const answer = new ProxyAuth().answer(request(), true, EXITS);
    expect(answer).toEqual({ authCredentials: { username: 'name', password: 'secret' } });
  });

  test('go to no other port of this machine, so that a program in its place learns nothing', () => {
    expect(new ProxyAuth().answer(request({ port: 40_001 }), true, EXITS)).toEqual({ cancel: true });
    expect(new ProxyAuth().answer(request(), true, [exit('any', { proxy: null })])).toEqual({ cancel: true });
  });

  test('are not for web sites, nor for other people’s proxies', () => {
    expect(new ProxyAuth().answer(request({ isProxy: false }), true, EXITS)).toBeNull();
    expect(new ProxyAuth().answer(request({ host: '203.0.113.9' }), true, EXITS)).toBeNull();
    expect(new ProxyAuth().answer(request({ port: 3128 }), false, [])).toBeNull();
  });

  test('are given twice to one request at most, then it is cancelled instead of asked for ever', () => {
    const auth = new ProxyAuth();
    const answers = Array.from({ length: 4 }, () => auth.answer(request(), true, EXITS));
    expect(answers.map((answer) => answer !== null && 'cancel' in answer)).toEqual([false, false, true, true]);
    expect(auth.answer(request({ requestId: '2' }), true, EXITS)).not.toEqual({ cancel: true });
  });

  test('a flood of requests does not grow the memory without end', () => {
    const auth = new ProxyAuth();
    for (let i = 0; i < 5000; i++) auth.answer(request({ requestId: String(i) }), true, EXITS);
    expect((auth as unknown as { attempts: Map<string, number> }).attempts.size).toBeLessThanOrEqual(512);
  });
});
