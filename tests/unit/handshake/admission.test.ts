import { describe, expect, test } from 'vitest';
import { HANDSHAKE_LIMITS, RateLimiter } from '../../../shared/machine/handshake/rate-limit.ts';
import { ReplayCache } from '../../../shared/machine/handshake/replay-cache.ts';
import { nodeCrypto } from '../../../shared/node/crypto.ts';

describe('the replay cache', () => {
  test('knows a nonce until its time is over, to the millisecond', () => {
    const cache = new ReplayCache(64);
    const nonce = nodeCrypto.randomBytes(32);
    expect(cache.add(nodeCrypto, nonce, 1000, 0)).toBe('new');
    expect(cache.add(nodeCrypto, nonce, 1000, 1000)).toBe('seen');
    expect(cache.add(nodeCrypto, nonce, 2001, 1001)).toBe('new');
  });

  test('forgets nothing that is live: when full it says so', () => {
    const cache = new ReplayCache(64);
    const nonces = Array.from({ length: 400 }, () => nodeCrypto.randomBytes(32));
    const added = nonces.filter((nonce) => cache.add(nodeCrypto, nonce, 1000, 0) === 'new');
    expect(added.length).toBeGreaterThan(32);
    expect(added.length).toBeLessThanOrEqual(64);
    for (const nonce of added) expect(cache.add(nodeCrypto, nonce, 1000, 1)).toBe('seen');
  });

  test('holds what the rate limit lets through in two windows of two minutes', () => {
    const cache = new ReplayCache();
    const most = HANDSHAKE_LIMITS.total.burst + 240 * HANDSHAKE_LIMITS.total.perSecond;
    for (let i = 0; i < most; i++) expect(cache.add(nodeCrypto, nodeCrypto.randomBytes(32), 1000, 0)).toBe('new');
  });
});

describe('the rate limiter', () => {
  const limits = { perKey: { burst: 2, perSecond: 1 }, total: { burst: 5, perSecond: 2 }, maxKeys: 3 };

  test('gives each key its burst and then its rate', () => {
    const limiter = new RateLimiter(limits);
    expect([0, 0, 0, 999, 1000, 1000].map((now) => limiter.take('a', now))).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  test('never gives all keys together more than the total', () => {
    const limiter = new RateLimiter({ ...limits, maxKeys: 100 });
    const taken = Array.from({ length: 20 }, (_, i) => limiter.take(`k${i}`, 0));
    expect(taken.filter(Boolean)).toHaveLength(5);
    expect(limiter.take('late', 500)).toBe(true);
  });

  test('keeps no more keys than allowed, and forgets the idle ones first', () => {
    const limiter = new RateLimiter({ ...limits, total: { burst: 1000, perSecond: 1000 } });
    for (const key of ['a', 'b', 'c']) limiter.take(key, 0);
    expect(limiter.take('d', 0)).toBe(false);
    limiter.take('a', 1900);
    expect(limiter.take('d', 2000)).toBe(true);
    expect(limiter.keys).toBeLessThanOrEqual(3);
  });
});
