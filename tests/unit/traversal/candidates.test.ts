import { expect, test } from 'vitest';
import { localCandidates, publicAddresses } from '../../../shared/machine/traversal/candidates.ts';

const at = (address: string) => ({ address, port: 5000 });

test('the world sees a home under its router’s address, and a machine with an address of its own under that', () => {
  const home = localCandidates([at('192.168.1.5'), at('fd00::5')], [at('90.0.0.7'), at('90.0.0.7')]);
  expect(publicAddresses(home)).toEqual(['90.0.0.7']);
  expect(publicAddresses(localCandidates([at('2003:e1::5')], [at('2003:e1::5')]))).toEqual(['2003:e1::5']);
  expect(publicAddresses(localCandidates([at('192.168.1.5'), at('2003:e1::5')], [at('90.0.0.7')]))).toEqual([
    '2003:e1::5',
    '90.0.0.7',
  ]);
});

test('before a server has answered, a home knows nothing of that', () => {
  expect(publicAddresses(localCandidates([at('192.168.1.5'), at('100.64.1.2')], []))).toEqual([]);
});
