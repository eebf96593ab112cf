import { createHash, hkdfSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../../../shared/base/bytes.ts';
import {
  hash,
  initiatorDigest,
  KeySchedule,
  responderDigest,
  transcript,
  transcript1,
} from '../../../shared/machine/handshake/transcript.ts';
import { nodeCrypto } from '../../../shared/node/crypto.ts';

const A = new Uint8Array(32).fill(1);
const B = new Uint8Array(32).fill(2);
const C = new Uint8Array(32).fill(3);

/** The rule of docs/protocol/handshake.md, written a second time. */
function H(label: string, ...parts: readonly Uint8Array[]): string {
  const digest = createHash('sha256');
  for (const part of [utf8(`warren-handshake v1 ${label}`), ...parts]) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    digest.update(length).update(part);
  }
  return `0x${digest.digest('hex')}`;
}

describe('what is hashed', () => {
  test('follows the rule of the protocol, label by label', () => {
    expect(toHex(transcript1(nodeCrypto, A))).toBe(H('transcript 1', A));
    for (const step of [2, 3, 4] as const)
      expect(toHex(transcript(nodeCrypto, step, A, B))).toBe(H(`transcript ${step}`, A, B));
    expect(toHex(responderDigest(nodeCrypto, A, B))).toBe(H('responder', A, B));
    expect(toHex(initiatorDigest(nodeCrypto, A, B, C))).toBe(H('initiator', A, B, C));
  });

  test('reads differently wherever a byte moves from one part to the next', () => {
    const seen = [
      hash(nodeCrypto, 'x', A, B),
      hash(nodeCrypto, 'x', concat(A, B)),
      hash(nodeCrypto, 'x', concat(A, B), new Uint8Array(0)),
      hash(nodeCrypto, 'x', A.subarray(1), concat(A.subarray(0, 1), B)),
    ].map(toHex);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('the keys', () => {
  test('come from both secrets and the transcript, under a label each', () => {
    const derive = (label: string, salt: Uint8Array, length: number) =>
      Buffer.from(hkdfSync('sha256', concat(A, B), salt, utf8(`warren-handshake v1 ${label}`), length));
    const keys = new KeySchedule(nodeCrypto, A, B);
    const results = keys.results(C);
    expect(toHex(results.psk)).toBe(toHex(derive('wireguard psk', C, 32)));
    expect(toHex(results.sessionId)).toBe(toHex(derive('session id', C, 32)));
    const { fragment, password } = results.initiator;
    expect(fragment + password).toBe(derive('traversal initiator', C, 24).toString('base64'));
    expect(results.responder.fragment + results.responder.password).toBe(
      derive('traversal responder', C, 24).toString('base64'),
    );
    const sealed = keys.seal('seal m2', C, fromHex('0102'));
    expect(nodeCrypto.open(Uint8Array.from(derive('seal m2', C, 32)), sealed, C)).toEqual(fromHex('0102'));
  });

  test('change with either secret: breaking one exchange is not enough', () => {
    const psk = (a: Uint8Array, b: Uint8Array) => toHex(new KeySchedule(nodeCrypto, a, b).results(C).psk);
    expect(new Set([psk(A, B), psk(A, C), psk(C, B), psk(B, A)]).size).toBe(4);
  });

  test('open nothing under another label', () => {
    const keys = new KeySchedule(nodeCrypto, A, B);
    const sealed = keys.seal('seal m3', C, A);
    expect(keys.open('seal m3', C, sealed)).toEqual(A);
    expect(keys.open('seal m2', C, sealed)).toBeNull();
    expect(keys.open('seal m3', B, sealed)).toBeNull();
  });
});
