/**
 * The client's half of the handshake. It signs nothing before the provider's signature was checked
 * against the DID document, and it gives up after eight seconds with the reason.
 */
import { type ErrorCode, WarrenError } from '../../base/errors.ts';
import { type Did, didOf, type Ms } from '../../base/units.ts';
import type { AgreementKey, DidDocument, KemKey } from '../../effects.ts';
import type { Candidate } from '../../wire/candidate.ts';
import {
  encodeM1,
  encodeSealed,
  frameName,
  type M2,
  parseM2,
  parseRefusal,
  parseSealed,
  SUITE_HYBRID,
} from '../../wire/handshake.ts';
import {
  encodeInitiatorBody,
  joinSigned,
  parseResponderBody,
  parseVerdict,
  type ResponderBody,
  splitSigned,
} from '../../wire/handshake-body.ts';
import { type Deadline, earliest, type Machine, type Tick } from '../machine.ts';
import type { InitiatorConfig, InitiatorInput, InitiatorOutput, Session } from './api.ts';
import { handshakeError } from './errors.ts';
import { authorityFault, payeeBelongs, recovered, sameTerms } from './identity.ts';
import {
  commitmentOf,
  contextOf,
  initiatorDigest,
  KeySchedule,
  responderDigest,
  transcript,
  transcript1,
} from './transcript.ts';

/** From `start` to the provider's word. */
export const HANDSHAKE_DEADLINE_MS: Ms = 8_000;
/** When a message is sent again, counted from its first sending: a relay may lose it. */
export const RESEND_AFTER_MS: readonly Ms[] = [1_000, 2_000];

const NONCE_BYTES = 32;

/** m1 as sent, and the secrets behind it. */
interface Opened {
  readonly m1: Uint8Array;
  readonly opening: Uint8Array;
  readonly agreement: AgreementKey;
  readonly kem: KemKey;
}

/** A provider whose m2 held. */
interface Verified {
  readonly keys: KeySchedule;
  readonly transcript3: Uint8Array;
  readonly body: ResponderBody;
  readonly bodyBytes: Uint8Array;
}

type Phase = 'new' | 'awaiting m2' | 'awaiting candidates' | 'awaiting m4' | 'accepted' | 'failed';

export class Initiator implements Machine<InitiatorInput, InitiatorOutput> {
  readonly #config: InitiatorConfig;
  readonly #did: Did;
  #phase: Phase = 'new';
  #giveUpAt: Ms = 0;
  #message: { readonly bytes: Uint8Array; readonly sentAt: Ms; resent: number } | null = null;
  #opened: Opened | null = null;
  #document: DidDocument | null = null;
  #candidates: readonly Candidate[] | null = null;
  /** An m2 that waits for the document. */
  #held: Uint8Array | null = null;
  #verified: Verified | null = null;
  #final: { readonly keys: KeySchedule; readonly transcript4: Uint8Array } | null = null;

  constructor(config: InitiatorConfig) {
    this.#config = config;
    this.#did = didOf(config.offered.chainId, config.payer);
  }

  get phase(): Phase {
    return this.#phase;
  }

  handle(input: InitiatorInput | Tick, now: Ms): readonly InitiatorOutput[] {
    if (this.#phase === 'accepted' || this.#phase === 'failed') return [];
    switch (input.type) {
      case 'start':
        return this.#phase === 'new' ? this.#start(now) : [];
      case 'document':
        this.#document = input.document;
        return this.#held ? this.#onM2(this.#held, now) : [];
      case 'candidates':
        this.#candidates ??= input.candidates;
        return this.#trySendM3(now);
      case 'message':
        return this.#onMessage(input.bytes, now);
      case 'confirmed':
        return this.#phase === 'awaiting m4' ? this.#accept() : [];
      case 'tick':
        return this.#onTick(now);
    }
  }

  deadline(): Deadline | null {
    if (this.#phase === 'new' || this.#phase === 'accepted' || this.#phase === 'failed') return null;
    const resendAt = this.#resendAt();
    return earliest(
      { at: this.#giveUpAt, why: 'the handshake takes too long' },
      resendAt === null ? null : { at: resendAt, why: 'send the message again' },
    );
  }

  #start(now: Ms): readonly InitiatorOutput[] {
    const { crypto, offered, provider } = this.#config;
    const agreement = crypto.agreementKey();
    const kem = crypto.kemKey();
    const opening = crypto.randomBytes(NONCE_BYTES);
    const m1 = encodeM1({
      suites: [SUITE_HYBRID],
      provider,
      context: contextOf(crypto, offered),
      nonce: crypto.randomBytes(NONCE_BYTES),
      timestamp: Math.floor(now), // whole milliseconds on the wire, while a clock may tell fractions
      commitment: commitmentOf(crypto, { ...this.#identity(), opening }),
      ephemeral: agreement.publicKey,
      encapsulationKey: kem.encapsulationKey,
    });
    this.#opened = { m1, opening, agreement, kem };
    this.#phase = 'awaiting m2';
    this.#giveUpAt = now + HANDSHAKE_DEADLINE_MS;
    return this.#send(m1, now);
  }

  #onMessage(bytes: Uint8Array, now: Ms): readonly InitiatorOutput[] {
    const name = frameName(bytes);
    if (this.#phase === 'awaiting m2' && name === 'refusal') {
      const code = parseRefusal(bytes);
      return this.#fail(code instanceof WarrenError ? code : handshakeError(code));
    }
    if (this.#phase === 'awaiting m2' && name === 'm2') return this.#onM2(bytes, now);
    if (this.#phase === 'awaiting m4' && name === 'm4') return this.#onM4(bytes);
    return [];
  }

  #onM2(bytes: Uint8Array, now: Ms): readonly InitiatorOutput[] {
    this.#message = null;
    const document = this.#document;
    if (!document) {
      this.#held = bytes;
      return [];
    }
    this.#held = null;
    const m2 = parseM2(bytes);
    if (m2 instanceof WarrenError) return this.#fail(m2);
    const verified = this.#verify(m2, bytes, document);
    if (typeof verified === 'string') return this.#fail(handshakeError(verified));
    this.#verified = verified;
    this.#phase = 'awaiting candidates';
    return this.#trySendM3(now);
  }

  /** Everything that can be wrong with an m2, cheapest first. */
  #verify(m2: M2, bytes: Uint8Array, document: DidDocument): Verified | ErrorCode {
    const { crypto, provider, offered, recover } = this.#config;
    const opened = this.#opened;
    if (!opened) return 'internal';
    if (m2.suite !== SUITE_HYBRID) return 'handshake_downgraded';
    const agreed = opened.agreement.agree(m2.ephemeral);
    const encapsulated = opened.kem.decapsulate(m2.ciphertext);
    if (!agreed || !encapsulated) return 'handshake_tampered';
    const keys = new KeySchedule(crypto, agreed, encapsulated);
    const transcript2 = transcript(crypto, 2, transcript1(crypto, opened.m1), m2.head);
    const plaintext = keys.open('seal m2', transcript2, m2.sealed);
    const signed = plaintext && splitSigned(plaintext);
    if (!signed) return 'handshake_tampered';
    const body = parseResponderBody(signed.body);
    if (!body) return 'frame_malformed';
    if (body.did !== provider) return 'handshake_wrong_peer';
    const signer = recovered(recover, responderDigest(crypto, transcript2, signed.body), signed.signature);
    if (!signer) return 'signature_invalid';
    const fault = authorityFault(document, provider, signer);
    if (fault) return fault;
    if (!sameTerms(body.terms, offered)) return 'handshake_terms_changed';
    if (!payeeBelongs(document, body.terms.payee) || body.wireGuardKey === this.#config.wireGuardKey)
      return 'handshake_wrong_peer';
    return { keys, body, bodyBytes: signed.body, transcript3: transcript(crypto, 3, transcript2, bytes) };
  }

  #trySendM3(now: Ms): readonly InitiatorOutput[] {
    const verified = this.#verified;
    const opened = this.#opened;
    if (this.#phase !== 'awaiting candidates' || !verified || !opened || !this.#candidates) return [];
    const { crypto, sign } = this.#config;
    const { keys, transcript3 } = verified;
    const body = encodeInitiatorBody({
      ...this.#identity(),
      opening: opened.opening,
      candidates: this.#candidates,
    });
    const signature = sign(initiatorDigest(crypto, transcript3, verified.bodyBytes, body));
    const m3 = encodeSealed('m3', keys.seal('seal m3', transcript3, joinSigned(signature, body)));
    const transcript4 = transcript(crypto, 4, transcript3, m3);
    const session = this.#session(verified, transcript4);
    this.#final = { keys, transcript4 };
    this.#opened = null;
    this.#verified = null;
    this.#phase = 'awaiting m4';
    return [...this.#send(m3, now), { type: 'established', session }];
  }

  #session({ keys, body }: Verified, transcript4: Uint8Array): Session {
    const { psk, sessionId, initiator, responder } = keys.results(transcript4);
    return {
      role: 'initiator',
      sessionId,
      psk,
      traversal: { local: initiator, remote: responder },
      peerDid: body.did,
      peerWireGuardKey: body.wireGuardKey,
      peerCandidates: body.candidates,
      terms: body.terms,
      channel: { payer: this.#config.payer, signer: this.#config.signer, payee: body.terms.payee },
    };
  }

  #onM4(bytes: Uint8Array): readonly InitiatorOutput[] {
    const final = this.#final;
    const sealed = parseSealed('m4', bytes);
    if (sealed instanceof WarrenError) return this.#fail(sealed);
    const plaintext = final?.keys.open('seal m4', final.transcript4, sealed);
    if (!plaintext) return this.#fail(handshakeError('handshake_tampered'));
    const verdict = parseVerdict(plaintext);
    if (!verdict) return this.#fail(handshakeError('frame_malformed'));
    return verdict.refusal ? this.#fail(handshakeError(verdict.refusal)) : this.#accept();
  }

  #onTick(now: Ms): readonly InitiatorOutput[] {
    if (this.#phase === 'new') return [];
    if (now >= this.#giveUpAt) return this.#fail(handshakeError(this.#missing()));
    const resendAt = this.#resendAt();
    if (resendAt === null || now < resendAt || !this.#message) return [];
    this.#message.resent++;
    return [{ type: 'send', bytes: this.#message.bytes }];
  }

  /** What the deadline found missing. */
  #missing(): ErrorCode {
    if (this.#held) return 'did_unresolvable';
    return this.#phase === 'awaiting candidates' ? 'stun_unreachable' : 'node_offline';
  }

  #resendAt(): Ms | null {
    const after = this.#message && RESEND_AFTER_MS[this.#message.resent];
    return this.#message && after !== null && after !== undefined ? this.#message.sentAt + after : null;
  }

  #send(bytes: Uint8Array, now: Ms): readonly InitiatorOutput[] {
    this.#message = { bytes, sentAt: now, resent: 0 };
    return [{ type: 'send', bytes }];
  }

  #accept(): readonly InitiatorOutput[] {
    this.#end('accepted');
    return [{ type: 'accepted' }];
  }

  #fail(error: WarrenError): readonly InitiatorOutput[] {
    this.#end('failed');
    return [{ type: 'failed', error }];
  }

  #end(phase: 'accepted' | 'failed'): void {
    this.#phase = phase;
    this.#message = null;
    this.#opened = null;
    this.#held = null;
    this.#verified = null;
    this.#final = null;
  }

  #identity() {
    const { signer, wireGuardKey, provider } = this.#config;
    return { did: this.#did, signer, wireGuardKey, provider };
  }
}
