/** Long-term credentials on one connection (RFC 8489 §9.2): the server's challenge, our signature, its own. */
import type { StunAttributes } from '../../../wire/stun/attributes.ts';
import { longTermKey } from '../../../wire/stun/long-term.ts';
import { encodeStun, type ReceivedStun, type StunMessage, verifyIntegrity } from '../../../wire/stun/message.ts';
import type { TurnCredentials } from './api.ts';

const UNAUTHENTICATED = 401;
const STALE_NONCE = 438;

export class Authenticator {
  readonly #credentials: TurnCredentials;
  #challenge: { readonly realm: string; readonly nonce: string; readonly key: Uint8Array } | null = null;

  constructor(credentials: TurnCredentials) {
    this.#credentials = credentials;
  }

  /** False until the server has named realm and nonce: the first request goes out bare. */
  get ready(): boolean {
    return this.#challenge !== null;
  }

  encode(message: StunMessage): Uint8Array {
    if (!this.#challenge) return encodeStun(message);
    const { realm, nonce, key } = this.#challenge;
    const { username } = this.#credentials;
    const attributes: StunAttributes = { ...message.attributes, username, realm, nonce };
    return encodeStun({ ...message, attributes }, { integrityKey: key });
  }

  /**
   * What an answer means. `genuine`: signed by the server, or an error that may come unsigned. `again`:
   * a new challenge was taken, the request has to be repeated. `refused`: the credentials do not hold.
   * `forged`: to be ignored.
   * @param signed whether the request that is answered bore our signature.
   */
  judge(message: ReceivedStun, signed: boolean): 'genuine' | 'again' | 'refused' | 'forged' {
    if (message.class === 'success') {
      if (!this.#challenge || !signed) return 'forged';
      return verifyIntegrity(message, this.#challenge.key) ? 'genuine' : 'forged';
    }
    const code = message.attributes.errorCode?.code;
    if (code !== UNAUTHENTICATED && code !== STALE_NONCE) return 'genuine';
    const { nonce, realm = this.#challenge?.realm } = message.attributes;
    if (nonce === undefined || realm === undefined) return 'refused';
    const before = this.#challenge;
    if (code === UNAUTHENTICATED && signed && before?.realm === realm) return 'refused';
    const { username, password } = this.#credentials;
    const key = before?.realm === realm ? before.key : longTermKey(username, realm, password);
    this.#challenge = { realm, nonce, key };
    return 'again';
  }
}
