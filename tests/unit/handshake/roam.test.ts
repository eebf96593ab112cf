import { describe, expect, test } from 'vitest';
import type { Session } from '../../../shared/machine/handshake/api.ts';
import { openRoam, sealRoam } from '../../../shared/machine/handshake/roam.ts';
import { nodeCrypto } from '../../../shared/node/crypto.ts';
import { CANDIDATES } from './parties.ts';

const session = (fill: number) =>
  ({ psk: new Uint8Array(32).fill(fill), sessionId: new Uint8Array(32).fill(9) }) as unknown as Session;
const MINE = session(1);

describe('a roaming message', () => {
  test('says where the client is now', () => {
    const bytes = sealRoam(nodeCrypto, MINE, 'initiator', 3, CANDIDATES);
    expect(openRoam(nodeCrypto, MINE, 'initiator', bytes, 0)).toEqual({ number: 3, candidates: CANDIDATES });
  });

  test('is taken once, and never after a newer one', () => {
    const bytes = sealRoam(nodeCrypto, MINE, 'initiator', 3, CANDIDATES);
    expect(openRoam(nodeCrypto, MINE, 'initiator', bytes, 3)).toBeNull();
    expect(openRoam(nodeCrypto, MINE, 'initiator', bytes, 4)).toBeNull();
  });

  test('does not open for the other direction: nobody is told his own place', () => {
    const bytes = sealRoam(nodeCrypto, MINE, 'responder', 3, CANDIDATES);
    expect(openRoam(nodeCrypto, MINE, 'initiator', bytes, 0)).toBeNull();
    expect(openRoam(nodeCrypto, MINE, 'responder', bytes, 0)?.candidates).toEqual(CANDIDATES);
  });

  test('of another session, changed, cut or of another kind is nothing', () => {
    const bytes = sealRoam(nodeCrypto, MINE, 'initiator', 1, CANDIDATES);
    expect(openRoam(nodeCrypto, session(2), 'initiator', bytes, 0)).toBeNull();
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openRoam(nodeCrypto, MINE, 'initiator', changed, 0)).toBeNull();
    }
    for (const length of [0, 1, 9, bytes.length - 1])
      expect(openRoam(nodeCrypto, MINE, 'initiator', bytes.slice(0, length), 0)).toBeNull();
  });
});
