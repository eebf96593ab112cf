/** Our list of special-purpose addresses against the registries, row by row, from both sides. */
import { describe, expect, it } from 'vitest';
import { formatIp, parseIp } from '../../../shared/base/ip.ts';
import { addressList, isSpecialPurpose, SPECIAL_V4, SPECIAL_V6 } from '../../../shared/node/special-purpose.ts';
import { BESIDE, IANA_V4, IANA_V6, ORDINARY } from '../../vectors/special-purpose.ts';

/** First and last address of a prefix. */
function ends(prefix: string): readonly string[] {
  const [network = '', bits = ''] = prefix.split('/');
  const bytes = parseIp(network) ?? new Uint8Array();
  const last = bytes.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, Number(bits) - 8 * i));
    return byte | (0xff >> kept);
  });
  return [formatIp(bytes), formatIp(last)];
}

describe('special-purpose addresses', () => {
  it.each([...IANA_V4, ...IANA_V6, ...BESIDE])('include $prefix, $name ($rfc), to both its ends', (entry) => {
    for (const address of [...ends(entry.prefix), entry.sample])
      expect([address, isSpecialPurpose(address)]).toEqual([address, true]);
  });

  it.each(ORDINARY)('leave %s out', (address) => expect(isSpecialPurpose(address)).toBe(false));

  it('are no more than the registries say, and what is named beside them', () => {
    const known = [...IANA_V4, ...IANA_V6, ...BESIDE].map(({ prefix }) => prefix);
    for (const prefix of [...SPECIAL_V4, ...SPECIAL_V6]) expect(known).toContain(prefix);
  });

  it('include whatever is no address', () => {
    for (const text of ['localhost', '', '1.2.3', '010.1.1.1', 'fe80::1%eth0x y'])
      expect(isSpecialPurpose(text)).toBe(true);
  });

  it('are read as lists of either family', () => {
    const list = addressList(['84.128.0.0/16', '2003:e1::/32', '9.9.9.9']);
    expect(list.check('84.128.9.9')).toBe(true);
    expect(list.check('9.9.9.9')).toBe(true);
    expect(list.check('9.9.9.10')).toBe(false);
    expect(list.check('2003:e1::9', 'ipv6')).toBe(true);
  });
});
