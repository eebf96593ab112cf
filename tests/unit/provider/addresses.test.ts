import { isIPv4, isIPv6 } from 'node:net';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { AddressPool, drawAddresses, type TunnelAddresses } from '../../../provider/addresses.ts';
import { TunnelAddress4Schema, TunnelAddress6Schema } from '../../../shared/wire/netd.ts';

describe('the tunnel addresses of clients', () => {
  it('are host addresses of the tunnel ranges, never of the gateway /24', () => {
    for (let i = 0; i < 5000; i++) {
      const { address4, address6 } = drawAddresses();
      expect(isIPv4(address4) && v.is(TunnelAddress4Schema, address4)).toBe(true);
      expect(isIPv6(address6) && v.is(TunnelAddress6Schema, address6)).toBe(true);
      expect(address4).not.toMatch(/^100\.64\.0\.|\.0$|\.255$/);
    }
  });

  it('are written the way a socket reports them', () => {
    for (let i = 0; i < 500; i++) {
      const { address6 } = drawAddresses();
      expect(new URL(`http://[${address6}]`).hostname).toBe(`[${address6}]`);
    }
  });

  it('are never given out twice while in use', () => {
    const pool = new AddressPool(1000);
    const pairs = Array.from({ length: 1000 }, () => pool.take()?.address4);
    expect(new Set(pairs).size).toBe(1000);
  });

  it('run out at the limit, and come back when released', () => {
    const pool = new AddressPool(1);
    const pair = pool.take() as TunnelAddresses;
    expect(pool.take()).toBeNull();
    pool.release(pair);
    expect(pool.take()).not.toBeNull();
  });

  it('are drawn again on a collision, and a hopeless draw ends in a refusal', () => {
    const same = { address4: '100.65.0.1', address6: 'fd77:6172:7265:1:1:1:1:1' };
    const pool = new AddressPool(10, () => same);
    pool.take();
    expect(pool.take()).toBeNull();
  });
});
