import { describe, expect, test } from 'vitest';
import { WarrenError } from '../../../shared/base/errors.ts';
import { address } from '../../../shared/base/units.ts';
import type { InitiatorConfig } from '../../../shared/machine/handshake/api.ts';
import { Initiator } from '../../../shared/machine/handshake/initiator.ts';
import { RateLimiter } from '../../../shared/machine/handshake/rate-limit.ts';
import { Responder } from '../../../shared/machine/handshake/responder.ts';
import { nodeCrypto } from '../../../shared/node/crypto.ts';
import { encodeM1, encodeM2, type M1, parseM1, parseM2, parseRefusal } from '../../../shared/wire/handshake.ts';
import {
  account,
  client,
  failure,
  initiatorConfig,
  NOW,
  type Provider,
  provider,
  say,
  sent,
  server,
  session,
  shake,
} from './parties.ts';

/** What the provider says to an m1 that was changed on its way. */
function answerTo(m1: Uint8Array, change: (m: M1) => Partial<M1>): Uint8Array {
  const message = parseM1(m1);
  if (message instanceof WarrenError) throw message;
  return encodeM1({ ...message, ...change(message) });
}

/** The client's end when the provider answers in this way. */
function outcome(
  p: Provider,
  change: Parameters<typeof server>[1],
  config: Partial<InitiatorConfig> = {},
  document = p.document,
) {
  const { machine, m1 } = client(p, config, document);
  const outputs = say(machine, sent(say(server(p, change), m1)));
  expect(session(outputs)).toBeNull();
  expect(machine.deadline()).toBeNull();
  return failure(outputs);
}

describe('on the way to the provider', () => {
  test('an m1 replayed in another conversation is refused', () => {
    const { p, m1 } = shake();
    const outputs = say(server(p, { peer: 'b' }), m1);
    expect(failure(outputs)).toBe('handshake_replayed');
    expect(parseRefusal(sent(outputs))).toBe('handshake_replayed');
  });

  test('an m1 relayed to another provider is refused', () => {
    const { m1 } = client(provider());
    expect(failure(say(server(provider()), m1))).toBe('handshake_wrong_peer');
  });

  test('a stripped suite list is refused', () => {
    const p = provider();
    const stripped = answerTo(client(p).m1, () => ({ suites: [1] }));
    const outputs = say(server(p), stripped);
    expect(failure(outputs)).toBe('handshake_downgraded');
    expect(parseRefusal(sent(outputs))).toBe('handshake_downgraded');
  });

  test.each([[[1, 2]], [[2, 1]]])('suites changed to %j are found out by the client', (suites) => {
    const p = provider();
    const { machine, m1 } = client(p);
    const m2 = sent(
      say(
        server(p),
        answerTo(m1, () => ({ suites })),
      ),
    );
    expect(failure(say(machine, m2))).toBe('handshake_tampered');
  });

  test('a swapped encapsulation key is found out by the client', () => {
    const p = provider();
    const { machine, m1 } = client(p);
    const m2 = sent(
      say(
        server(p),
        answerTo(m1, () => ({ encapsulationKey: nodeCrypto.kemKey().encapsulationKey })),
      ),
    );
    expect(failure(say(machine, m2))).toBe('handshake_tampered');
  });

  test('an encapsulation key that is none is refused', () => {
    const p = provider();
    const broken = answerTo(client(p).m1, () => ({ encapsulationKey: new Uint8Array(1184).fill(255) }));
    expect(failure(say(server(p), broken))).toBe('handshake_tampered');
  });

  test.each(['00', '01', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'])(
    'an X25519 key of low order (%s…) is refused',
    (hex) => {
      const p = provider();
      const ephemeral = new Uint8Array(32);
      ephemeral.set(Buffer.from(hex, 'hex'));
      expect(
        failure(
          say(
            server(p),
            answerTo(client(p).m1, () => ({ ephemeral })),
          ),
        ),
      ).toBe('handshake_tampered');
    },
  );

  test.each([-120_001, 120_001, -86_400_000])('an m1 whose clock is %d ms off is refused', (offset) => {
    const p = provider();
    const { m1 } = client(p, {}, p.document, NOW + offset);
    const outputs = say(server(p), m1);
    expect(failure(outputs)).toBe('handshake_stale');
    expect(parseRefusal(sent(outputs))).toBe('handshake_stale');
  });

  test('an m1 for the terms of an older proposal is refused at once', () => {
    const p = provider();
    const { offered } = clientOffer(p, { pricePerMB: 1n });
    const outputs = say(server(p), client(p, { offered }).m1);
    expect(failure(outputs)).toBe('handshake_terms_changed');
  });

  test('too many first messages of one peer cost no answer', () => {
    const p = provider();
    const limiter = new RateLimiter({
      perKey: { burst: 2, perSecond: 1 },
      total: { burst: 100, perSecond: 100 },
      maxKeys: 10,
    });
    const codes = Array.from({ length: 3 }, () => {
      const outputs = say(server(p, { limiter }), client(p).m1);
      return [failure(outputs), outputs.filter((o) => o.type === 'send').length];
    });
    expect(codes).toEqual([
      [null, 1],
      [null, 1],
      ['rate_limited', 0],
    ]);
  });
});

describe('on the way to the client', () => {
  test('a tampered ciphertext is found out', () => {
    const p = provider();
    const { machine, m1 } = client(p);
    const m2 = parseM2(sent(say(server(p), m1)));
    if (m2 instanceof WarrenError) throw m2;
    const head = m2.head.slice();
    head[100] = (head[100] as number) ^ 1;
    expect(failure(say(machine, encodeM2(head, m2.sealed)))).toBe('handshake_tampered');
  });

  test('a suite that the client did not ask for is a downgrade', () => {
    const p = provider();
    const { machine, m1 } = client(p);
    const m2 = sent(say(server(p), m1)).slice();
    m2[2] = 1;
    expect(failure(say(machine, m2))).toBe('handshake_downgraded');
  });

  test('another provider that answers under its own name is refused', () => {
    const p = provider();
    const other = provider();
    const { machine, m1 } = client(p);
    // It takes the message as if it were meant for it, and then signs for itself.
    const greedy = new Responder(turning({ ...other.config, terms: p.config.terms }, 'did', [p.did, other.did]));
    expect(failure(say(machine, sent(say(greedy, m1))))).toBe('handshake_wrong_peer');
  });

  test('a key that is no delegate is refused, whatever name it uses', () => {
    const p = provider();
    expect(outcome(p, { sign: account().sign })).toBe('delegate_unknown');
  });

  test('an expired delegate is refused', () => {
    const p = provider();
    const [delegate] = p.document.delegates;
    if (!delegate) throw new Error('no delegate');
    const ended = { ...p.document, delegates: [{ ...delegate, validTo: p.document.block.time }] };
    expect(outcome(p, {}, {}, ended)).toBe('delegate_expired');
    expect(outcome(p, {}, {}, { ...ended, delegates: [], expired: [delegate.address] })).toBe('delegate_expired');
  });

  test('a deactivated identity is refused, also with a live delegate', () => {
    const p = provider();
    expect(outcome(p, {}, {}, { ...p.document, controller: address(`0x${'0'.repeat(40)}`) })).toBe('did_deactivated');
  });

  test("another identity's document does not count", () => {
    const p = provider();
    expect(outcome(p, {}, {}, { ...p.document, did: provider().did })).toBe('did_unresolvable');
  });

  test('a signature that is none is refused', () => {
    const p = provider();
    expect(outcome(p, { sign: () => new Uint8Array(64) })).toBe('signature_invalid');
  });

  test.each(['pricePerMB', 'channels', 'token', 'payee', 'minGraceMinutes', 'chainId'] as const)(
    'a provider that changes %s behind an honest m1 is refused',
    (field) => {
      const p = provider();
      const { machine, m1 } = client(p);
      const cheat = { ...p.config.terms, [field]: CHANGED[field] };
      // The cheat answers the context hash of its proposal and seals other terms.
      const lying = server(p, { terms: twoFaced(p.config.terms, cheat) });
      expect(failure(say(machine, sent(say(lying, m1))))).toBe('handshake_terms_changed');
    },
  );

  test('money may go to the identity only, even where the proposal names another payee', () => {
    const p = provider();
    const thief = { ...p, config: { ...p.config, terms: { ...p.config.terms, payee: p.hot.address } } };
    expect(outcome(thief, {})).toBe('handshake_wrong_peer');
  });

  test("a provider that reflects the client's own WireGuard key is refused", () => {
    const p = provider();
    expect(outcome(p, {}, { wireGuardKey: p.config.wireGuardKey })).toBe('handshake_wrong_peer');
  });

  test('a plain refusal can end the handshake but not establish or overturn it', () => {
    const { initiator } = shake();
    expect(say(initiator, Uint8Array.of(5, 1, 1, 0x97))).toEqual([]);
    expect(initiator.phase).toBe('awaiting m4');
  });
});

describe('m3', () => {
  test('of one session does not open another', () => {
    const first = shake();
    const { m1 } = client(first.p);
    const second = server(first.p);
    say(second, m1);
    expect(failure(say(second, first.m3))).toBe('handshake_tampered');
  });

  test('with a signature by another key than the one it names is refused, and the client is told', () => {
    const p = provider();
    const { machine, m1 } = client(p, { sign: account().sign });
    const responder = server(p);
    const outputs = say(responder, sent(say(machine, sent(say(responder, m1)))));
    expect(failure(outputs)).toBe('signature_invalid');
    expect(failure(say(machine, sent(outputs)))).toBe('signature_invalid');
  });

  test.each(['signer', 'wireGuardKey'] as const)('with another %s than m1 committed to is refused', (field) => {
    const p = provider();
    const [first, second] = [initiatorConfig(p), initiatorConfig(p)];
    // The signature is good in both cases: the same key signs and is named.
    const config = field === 'signer' ? { ...first, sign: second.sign } : first;
    const reads =
      field === 'wireGuardKey' ? [first[field], first[field], second[field]] : [first[field], second[field]];
    const initiator = new Initiator(turning(config, field, reads));
    const responder = server(p);
    const outputs = say(responder, sent(finish(initiator, p, responder)));
    expect(failure(outputs)).toBe('handshake_tampered');
    expect(failure(say(initiator, sent(outputs)))).toBe('handshake_tampered');
  });

  test('that is meant for another provider is refused', () => {
    const p = provider();
    const other = provider().did;
    const initiator = new Initiator(turning(initiatorConfig(p), 'provider', [p.did, other, p.did, other]));
    const responder = server(p);
    expect(failure(say(responder, sent(finish(initiator, p, responder))))).toBe('handshake_wrong_peer');
  });

  test('by a payer of another chain is refused', () => {
    const p = provider();
    const config = initiatorConfig(p);
    const { chainId } = config.offered;
    const initiator = new Initiator({ ...config, offered: turning(config.offered, 'chainId', [1, chainId]) });
    const responder = server(p);
    expect(failure(say(responder, sent(finish(initiator, p, responder))))).toBe('handshake_terms_changed');
  });

  test("that reflects the provider's own WireGuard key is refused", () => {
    const p = provider();
    const config = initiatorConfig(p);
    const mirror = [p.config.wireGuardKey, config.wireGuardKey, p.config.wireGuardKey];
    const initiator = new Initiator(turning(config, 'wireGuardKey', mirror));
    const responder = server(p);
    expect(failure(say(responder, sent(finish(initiator, p, responder))))).toBe('handshake_wrong_peer');
  });
});

const CHANGED = {
  pricePerMB: 2n,
  channels: address(`0x${'aa'.repeat(20)}`),
  token: address(`0x${'bb'.repeat(20)}`),
  payee: address(`0x${'dd'.repeat(20)}`),
  minGraceMinutes: 60,
  chainId: 1,
};

function clientOffer(p: Provider, change: object) {
  const { address4: _4, address6: _6, ...offered } = p.config.terms;
  return { offered: { ...offered, ...change } };
}

/** Terms that read honestly while the context is hashed (first reads) and as a lie when they are sealed. */
function twoFaced<T extends object>(honest: T, lie: T): T {
  let reads = 0;
  const fieldsInContext = 6;
  return new Proxy(honest, {
    get: (_, field) => Reflect.get(reads++ < fieldsInContext ? honest : lie, field),
  });
}

/** A configuration that lies: the field's value changes from one read to the next. */
function turning<T extends object, K extends keyof T>(honest: T, field: K, values: readonly unknown[]): T {
  let reads = 0;
  return Object.defineProperty({ ...honest }, field, { get: () => values[Math.min(reads++, values.length - 1)] });
}

/** The client's outputs up to m3, with an honest provider. */
function finish(initiator: Initiator, p: Provider, responder: Responder) {
  const m1 = sent(initiator.handle({ type: 'start' }, NOW));
  initiator.handle({ type: 'document', document: p.document }, NOW);
  initiator.handle({ type: 'candidates', candidates: [] }, NOW);
  return say(initiator, sent(say(responder, m1)));
}
