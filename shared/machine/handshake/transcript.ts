/**
 * Everything that is hashed: the transcript over every byte of the messages, what is signed, and the
 * keys that come out. Each part goes in with its length in front, so no two inputs read the same.
 */
import { concat, fromBase64, toBase64, utf8 } from '../../base/bytes.ts';
import type { HandshakeCrypto } from '../../effects.ts';
import { Writer } from '../../wire/cursor.ts';
import type { InitiatorBody } from '../../wire/handshake-body.ts';
import type { IceCredentials, OfferedTerms } from './api.ts';

const PROTOCOL = 'warren-handshake v1';
const FRAGMENT_BYTES = 6;
const PASSWORD_BYTES = 18;

type Hashing = Pick<HandshakeCrypto, 'sha256'>;

/** SHA-256 over a label and the parts, each with its u32 length. */
export function hash(crypto: Hashing, label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer();
  for (const part of [utf8(`${PROTOCOL} ${label}`), ...parts]) writer.u32(part.length).bytes(part);
  return crypto.sha256(writer.done());
}

/** What m1 says about the terms of the proposal: enough to refuse at once when they have changed. */
export function contextOf(crypto: Hashing, terms: OfferedTerms): Uint8Array {
  const fields = new Writer()
    .u64(terms.chainId)
    .address(terms.channels)
    .address(terms.token)
    .address(terms.payee)
    .u128(terms.pricePerMB)
    .u32(terms.minGraceMinutes);
  return hash(crypto, 'context', fields.done());
}

/**
 * Binds the client's identity into m1, and so into the provider's signature, without naming it: the
 * 32 random bytes of `opening` hide it until m3.
 */
export function commitmentOf(crypto: Hashing, client: Omit<InitiatorBody, 'candidates'>): Uint8Array {
  const fields = new Writer()
    .did(client.did)
    .address(client.signer)
    .bytes(fromBase64(client.wireGuardKey), 32)
    .did(client.provider);
  return hash(crypto, 'commitment', client.opening, fields.done());
}

export function transcript1(crypto: Hashing, m1: Uint8Array): Uint8Array {
  return hash(crypto, 'transcript 1', m1);
}

/** Each later transcript goes on from the one before: 2 adds m2's head, 3 the whole m2, 4 the whole m3. */
export function transcript(crypto: Hashing, step: 2 | 3 | 4, before: Uint8Array, bytes: Uint8Array): Uint8Array {
  return hash(crypto, `transcript ${step}`, before, bytes);
}

/** The digest that the provider's hot key signs: over m1 (with the client's commitment), m2's head and its body. */
export function responderDigest(crypto: Hashing, transcript2: Uint8Array, body: Uint8Array): Uint8Array {
  return hash(crypto, 'responder', transcript2, body);
}

/** The digest that the channel signer signs: over m1, m2 and both bodies. */
export function initiatorDigest(
  crypto: Hashing,
  transcript3: Uint8Array,
  responderBody: Uint8Array,
  body: Uint8Array,
): Uint8Array {
  return hash(crypto, 'initiator', transcript3, responderBody, body);
}

export type SealLabel = 'seal m2' | 'seal m3' | 'seal m4';

/** The keys of one handshake: HKDF over both secrets, salted with the transcript so far. */
export class KeySchedule {
  readonly #crypto: HandshakeCrypto;
  readonly #secret: Uint8Array;

  constructor(crypto: HandshakeCrypto, agreed: Uint8Array, encapsulated: Uint8Array) {
    this.#crypto = crypto;
    this.#secret = concat(agreed, encapsulated);
  }

  seal(label: SealLabel, at: Uint8Array, plaintext: Uint8Array): Uint8Array {
    return this.#crypto.seal(this.#derive(label, at, 32), plaintext, at);
  }

  open(label: SealLabel, at: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    return this.#crypto.open(this.#derive(label, at, 32), sealed, at);
  }

  /** What both sides keep, from the transcript over all three messages. */
  results(transcript4: Uint8Array): {
    readonly psk: Uint8Array;
    readonly sessionId: Uint8Array;
    readonly initiator: IceCredentials;
    readonly responder: IceCredentials;
  } {
    const credentials = (role: string): IceCredentials => {
      const bytes = this.#derive(`traversal ${role}`, transcript4, FRAGMENT_BYTES + PASSWORD_BYTES);
      // Multiples of three bytes: plain base64 without padding, all of it ice-chars (RFC 8839 §5.4).
      return {
        fragment: toBase64(bytes.subarray(0, FRAGMENT_BYTES)),
        password: toBase64(bytes.subarray(FRAGMENT_BYTES)),
      };
    };
    return {
      psk: this.#derive('wireguard psk', transcript4, 32),
      sessionId: this.#derive('session id', transcript4, 32),
      initiator: credentials('initiator'),
      responder: credentials('responder'),
    };
  }

  #derive(label: string, salt: Uint8Array, length: number): Uint8Array {
    return this.#crypto.hkdf(this.#secret, salt, utf8(`${PROTOCOL} ${label}`), length);
  }
}
