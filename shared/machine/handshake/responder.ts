/**
 * The provider's half: one per conversation. Until m3 has been verified it trusts nothing, keeps
 * nothing longer than ten seconds, and does no public-key work before every cheap check has passed.
 */
import { equal } from '../../base/bytes.ts';
import { type ErrorCode, WarrenError } from '../../base/errors.ts';
import { type Address, type Ms, parseDid } from '../../base/units.ts';
import {
  encodeM2,
  encodeM2Head,
  encodeRefusal,
  encodeSealed,
  frameName,
  type M1,
  parseM1,
  parseSealed,
  SUITE_HYBRID,
} from '../../wire/handshake.ts';
import {
  encodeResponderBody,
  encodeVerdict,
  type InitiatorBody,
  joinSigned,
  parseInitiatorBody,
  parseResponderBody,
  type ResponderBody,
  splitSigned,
} from '../../wire/handshake-body.ts';
import type { Deadline, Machine, Tick } from '../machine.ts';
import type { ResponderConfig, ResponderInput, ResponderOutput, Session } from './api.ts';
import { handshakeError } from './errors.ts';
import { recovered } from './identity.ts';
import {
  commitmentOf,
  contextOf,
  initiatorDigest,
  KeySchedule,
  responderDigest,
  transcript,
  transcript1,
} from './transcript.ts';

/** How far a first message's time may be from ours, either way. */
export const TIMESTAMP_WINDOW_MS: Ms = 120_000;
/** From m1 to m3, and from m3 to the word of the chain. */
export const HALF_OPEN_MS: Ms = 10_000;
/** How often one message is answered again. */
const MAX_REPEATS = 5;
const NONCE_BYTES = 32;

interface HalfOpen {
  readonly m1: Uint8Array;
  readonly m2: Uint8Array;
  readonly commitment: Uint8Array;
  readonly keys: KeySchedule;
  readonly transcript3: Uint8Array;
  readonly own: ResponderBody;
  readonly ownBytes: Uint8Array;
}

interface Client {
  readonly m3: Uint8Array;
  readonly session: Session;
  readonly keys: KeySchedule;
  readonly transcript4: Uint8Array;
  m4: Uint8Array | null;
}

type Phase = 'listening' | 'awaiting m3' | 'verifying' | 'established' | 'failed';

export class Responder implements Machine<ResponderInput, ResponderOutput> {
  readonly #config: ResponderConfig;
  #phase: Phase = 'listening';
  #expiresAt: Ms = 0;
  #repeats = 0;
  #halfOpen: HalfOpen | null = null;
  #client: Client | null = null;

  constructor(config: ResponderConfig) {
    this.#config = config;
  }

  get phase(): Phase {
    return this.#phase;
  }

  handle(input: ResponderInput | Tick, now: Ms): readonly ResponderOutput[] {
    if (this.#phase === 'failed') return [];
    switch (input.type) {
      case 'message':
        return this.#onMessage(input.bytes, now);
      case 'clientVerified':
        return this.#phase === 'verifying' ? this.#establish() : [];
      case 'clientRefused':
        return this.#phase === 'verifying' ? this.#refuseClient(input.error) : [];
      case 'tick':
        return this.#onTick(now);
    }
  }

  deadline(): Deadline | null {
    if (this.#phase === 'awaiting m3') return { at: this.#expiresAt, why: 'm3 has not come' };
    if (this.#phase === 'verifying') return { at: this.#expiresAt, why: 'the channel was not checked in time' };
    return null;
  }

  #onMessage(bytes: Uint8Array, now: Ms): readonly ResponderOutput[] {
    const name = frameName(bytes);
    if (name === 'm1') {
      if (this.#phase === 'listening') return this.#onM1(bytes, now);
      return this.#repeat(bytes, this.#halfOpen?.m1, this.#halfOpen?.m2);
    }
    if (this.#phase === 'listening') return this.#fail(handshakeError('frame_malformed'));
    if (name !== 'm3') return [];
    if (this.#phase === 'awaiting m3') return this.#onM3(bytes, now);
    return this.#repeat(bytes, this.#client?.m3, this.#client?.m4);
  }

  /** The relay lost our answer: the same bytes get the same bytes, and no other message gets any. */
  #repeat(bytes: Uint8Array, seen: Uint8Array | undefined, answer: Uint8Array | null | undefined) {
    if (!seen || !answer || !equal(bytes, seen) || this.#repeats >= MAX_REPEATS) return [];
    this.#repeats++;
    return [{ type: 'send', bytes: answer } as const];
  }

  #onM1(bytes: Uint8Array, now: Ms): readonly ResponderOutput[] {
    const { limiter, peer } = this.#config;
    if (!limiter.take(peer, now)) return this.#fail(handshakeError('rate_limited'));
    const m1 = parseM1(bytes);
    if (m1 instanceof WarrenError) return m1.code === 'version_unsupported' ? this.#refuse(m1.code) : this.#fail(m1);
    const fault = this.#firstFault(m1, now);
    if (fault) return this.#refuse(fault);
    const halfOpen = this.#answer(m1, bytes);
    if (typeof halfOpen === 'string') return this.#refuse(halfOpen);
    this.#halfOpen = halfOpen;
    this.#phase = 'awaiting m3';
    this.#expiresAt = now + HALF_OPEN_MS;
    return [{ type: 'send', bytes: halfOpen.m2 }];
  }

  /** All that can be decided without public-key work; the replay cache last, so nothing else fills it. */
  #firstFault(m1: M1, now: Ms): ErrorCode | null {
    const { crypto, did, terms, replays } = this.#config;
    if (m1.provider !== did) return 'handshake_wrong_peer';
    if (Math.abs(now - m1.timestamp) > TIMESTAMP_WINDOW_MS) return 'handshake_stale';
    if (!m1.suites.includes(SUITE_HYBRID)) return 'handshake_downgraded';
    if (!equal(m1.context, contextOf(crypto, terms))) return 'handshake_terms_changed';
    switch (replays.add(crypto, m1.nonce, m1.timestamp + TIMESTAMP_WINDOW_MS, now)) {
      case 'seen':
        return 'handshake_replayed';
      case 'full':
        return 'rate_limited';
      case 'new':
        return null;
    }
  }

  #answer(m1: M1, bytes: Uint8Array): HalfOpen | ErrorCode {
    const { crypto, did, wireGuardKey, terms, candidates, sign } = this.#config;
    const agreement = crypto.agreementKey();
    const agreed = agreement.agree(m1.ephemeral);
    const encapsulated = agreed && crypto.encapsulate(m1.encapsulationKey);
    if (!encapsulated) return 'handshake_tampered';
    const keys = new KeySchedule(crypto, agreed, encapsulated.sharedSecret);
    const head = encodeM2Head({
      suite: SUITE_HYBRID,
      nonce: crypto.randomBytes(NONCE_BYTES),
      ephemeral: agreement.publicKey,
      ciphertext: encapsulated.ciphertext,
    });
    const transcript2 = transcript(crypto, 2, transcript1(crypto, bytes), head);
    const ownBytes = encodeResponderBody({ did, wireGuardKey, terms, candidates });
    // Read back as the client will: our own terms in their canonical form, and never one that it would refuse.
    const own = parseResponderBody(ownBytes);
    if (!own) throw new RangeError('the terms or candidates of this provider are outside the allowed ranges');
    const signature = sign(responderDigest(crypto, transcript2, ownBytes));
    const m2 = encodeM2(head, keys.seal('seal m2', transcript2, joinSigned(signature, ownBytes)));
    const transcript3 = transcript(crypto, 3, transcript2, m2);
    return { m1: bytes, m2, commitment: m1.commitment, keys, transcript3, own, ownBytes };
  }

  #onM3(bytes: Uint8Array, now: Ms): readonly ResponderOutput[] {
    const halfOpen = this.#halfOpen;
    const sealed = parseSealed('m3', bytes);
    if (sealed instanceof WarrenError) return this.#fail(sealed);
    if (!halfOpen) return [];
    const { keys, transcript3 } = halfOpen;
    const plaintext = keys.open('seal m3', transcript3, sealed);
    const signed = plaintext && splitSigned(plaintext);
    if (!signed) return this.#fail(handshakeError('handshake_tampered'));
    const transcript4 = transcript(this.#config.crypto, 4, transcript3, bytes);
    const body = parseInitiatorBody(signed.body);
    const fault = body ? this.#clientFault(halfOpen, body, signed.body, signed.signature) : 'frame_malformed';
    if (!body || fault) {
      // The client opened this session with us, so it can read why it ends.
      const m4 = encodeSealed('m4', keys.seal('seal m4', transcript4, encodeVerdict(fault ?? 'frame_malformed')));
      return [{ type: 'send', bytes: m4 }, ...this.#fail(handshakeError(fault ?? 'frame_malformed'))];
    }
    const session = this.#session(halfOpen, body, transcript4);
    this.#client = { m3: bytes, session, keys, transcript4, m4: null };
    this.#phase = 'verifying';
    this.#expiresAt = now + HALF_OPEN_MS;
    return [{ type: 'verifyClient', payer: session.channel.payer, signer: body.signer, session }];
  }

  #clientFault(
    { commitment, transcript3, ownBytes, own }: HalfOpen,
    body: InitiatorBody,
    bodyBytes: Uint8Array,
    signature: Uint8Array,
  ): ErrorCode | null {
    const { crypto, recover, did, wireGuardKey } = this.#config;
    if (body.provider !== did || body.wireGuardKey === wireGuardKey) return 'handshake_wrong_peer';
    if (!equal(commitmentOf(crypto, body), commitment)) return 'handshake_tampered';
    const signer: Address | null = recovered(
      recover,
      initiatorDigest(crypto, transcript3, ownBytes, bodyBytes),
      signature,
    );
    if (signer !== body.signer) return 'signature_invalid';
    return parseDid(body.did).chainId === own.terms.chainId ? null : 'handshake_terms_changed';
  }

  #session({ keys, own }: HalfOpen, body: InitiatorBody, transcript4: Uint8Array): Session {
    const { psk, sessionId, initiator, responder } = keys.results(transcript4);
    return {
      role: 'responder',
      sessionId,
      psk,
      traversal: { local: responder, remote: initiator },
      peerDid: body.did,
      peerWireGuardKey: body.wireGuardKey,
      peerCandidates: body.candidates,
      terms: own.terms,
      channel: { payer: parseDid(body.did).address, signer: body.signer, payee: own.terms.payee },
    };
  }

  #establish(): readonly ResponderOutput[] {
    const client = this.#client;
    if (!client) return [];
    this.#phase = 'established';
    this.#halfOpen = null;
    return [this.#verdict(client, null), { type: 'established', session: client.session }];
  }

  #refuseClient(error: WarrenError): readonly ResponderOutput[] {
    const client = this.#client;
    return client ? [this.#verdict(client, error.code), ...this.#fail(error)] : [];
  }

  #verdict(client: Client, refusal: ErrorCode | null): ResponderOutput {
    const sealed = client.keys.seal('seal m4', client.transcript4, encodeVerdict(refusal));
    client.m4 = encodeSealed('m4', sealed);
    this.#repeats = 0;
    return { type: 'send', bytes: client.m4 };
  }

  #onTick(now: Ms): readonly ResponderOutput[] {
    if (now < this.#expiresAt) return [];
    if (this.#phase === 'awaiting m3') return this.#fail(handshakeError('handshake_stale'));
    if (this.#phase === 'verifying') return this.#refuseClient(handshakeError('ledger_unreachable'));
    return [];
  }

  /** Tells the client why, in the clear: there are no keys yet. */
  #refuse(code: ErrorCode): readonly ResponderOutput[] {
    return [{ type: 'send', bytes: encodeRefusal(code) }, ...this.#fail(handshakeError(code))];
  }

  #fail(error: WarrenError): readonly ResponderOutput[] {
    this.#phase = 'failed';
    this.#halfOpen = null;
    this.#client = null;
    return [{ type: 'failed', error }];
  }
}
