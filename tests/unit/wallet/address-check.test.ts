/** Is it the address that the user means? */
import { getAddress } from 'viem';
import { describe, expect, test } from 'vitest';
import { addressGroups, checkAddress } from '../../../extension/wallet/address-check.ts';
import { address } from '../../../shared/base/units.ts';
import { payee } from '../extension/tables.ts';

const FRIEND = address('0xabcd00000000000000000000000000000000ef01');
const LOOKALIKE = address('0xabcd11111111111111111111111111111111ef01');
const FACTS = { own: payee(5), contracts: [payee(7), payee(8)], sentTo: [FRIEND], seen: [payee(3)] };

describe('an address', () => {
  test.each([
    ['is too short', '0x1234', 'form'],
    ['is a name', 'friend.eth', 'form'],
    ['belongs to nobody', `0x${'0'.repeat(40)}`, 'zero'],
    ['is our own', payee(5), 'own'],
    ['is the token', payee(8), 'contract'],
    ['has one letter in the wrong case', getAddress(FRIEND).replace('A', 'a').replace('B', 'b'), 'checksum'],
  ])('is refused when it %s', (_, text, problem) => {
    expect(checkAddress(text, FACTS)).toBe(problem);
  });

  test('with its checksum is taken, with blanks around it too', () => {
    expect(checkAddress(`  ${getAddress(FRIEND)}\n`, FACTS)).toEqual({
      address: FRIEND,
      checksummed: true,
      resembles: null,
      known: true,
    });
  });

  test('in small letters is taken, but told to be unchecked', () => {
    expect(checkAddress(payee(3), FACTS)).toMatchObject({ known: false });
    expect(checkAddress(FRIEND, FACTS)).toMatchObject({ checksummed: false });
  });

  test('that only looks like a friend’s is told', () => {
    expect(checkAddress(LOOKALIKE, FACTS)).toMatchObject({ resembles: FRIEND, known: false });
  });

  test('is shown in groups that the eye can compare', () => {
    expect(addressGroups(FRIEND).join('')).toBe(getAddress(FRIEND));
    expect(addressGroups(FRIEND)).toHaveLength(11);
  });
});
