import { describe, expect, test } from 'vitest';
import { WarrenError } from '../../../shared/base/errors.ts';
import { HANDSHAKE_DEADLINE_MS, Initiator } from '../../../shared/machine/handshake/initiator.ts';
import { HALF_OPEN_MS } from '../../../shared/machine/handshake/responder.ts';
import {
  CANDIDATES,
  client,
  failure,
  initiatorConfig,
  NOW,
  provider,
  say,
  sent,
  server,
  session,
  shake,
} from './parties.ts';

describe('a handshake', () => {
  test('gives both sides the same secrets and each the other side of the rest', () => {
    const { p, initiator, responder, answered, checked } = shake();
    const ours = session(answered);
    const verify = checked.find((o) => o.type === 'verifyClient');
    expect(verify).toMatchObject({ payer: ours?.channel.payer, signer: ours?.channel.signer });
    const accepted = responder.handle({ type: 'clientVerified' }, NOW);
    const theirs = session(accepted);
    expect(say(initiator, sent(accepted))).toEqual([{ type: 'accepted' }]);

    expect(ours?.psk).toHaveLength(32);
    expect(theirs?.psk).toEqual(ours?.psk);
    expect(theirs?.sessionId).toEqual(ours?.sessionId);
    expect(ours?.sessionId).not.toEqual(ours?.psk);
    expect(theirs?.traversal.local).toEqual(ours?.traversal.remote);
    expect(theirs?.traversal.remote).toEqual(ours?.traversal.local);
    expect(ours?.traversal.local.password).not.toBe(ours?.traversal.remote.password);
    for (const { fragment, password } of Object.values(ours?.traversal ?? {})) {
      expect(fragment).toMatch(/^[A-Za-z0-9+/]{8}$/);
      expect(password).toMatch(/^[A-Za-z0-9+/]{24}$/);
    }
    expect(ours?.peerDid).toBe(p.did);
    expect(ours?.peerWireGuardKey).toBe(p.config.wireGuardKey);
    expect(ours?.terms).toEqual(p.config.terms);
    expect(theirs?.terms).toEqual(p.config.terms);
    expect(ours?.peerCandidates).toEqual(CANDIDATES);
    expect(theirs?.peerCandidates).toEqual(CANDIDATES.slice(0, 2));
    expect(theirs?.channel).toEqual(ours?.channel);
  });

  test('hides the client until m3 and never names it in the clear', () => {
    const p = provider();
    const config = initiatorConfig(p);
    const initiator = new Initiator(config);
    const m1 = Buffer.from(sent(initiator.handle({ type: 'start' }, NOW)));
    for (const secret of [config.payer, config.signer])
      expect(m1.includes(Buffer.from(secret.slice(2), 'hex'))).toBe(false);
    expect(m1.includes(Buffer.from(config.wireGuardKey, 'base64'))).toBe(false);
  });

  test('gives other keys every time, also between the same two', () => {
    const p = provider();
    const seen = new Set<string>();
    for (let i = 0; i < 4; i++) seen.add(Buffer.from(session(shake(p).answered)?.psk ?? []).toString('hex'));
    expect(seen.size).toBe(4);
  });

  test('takes a clock that tells fractions of a millisecond', () => {
    const p = provider();
    const { m1 } = client(p, {}, p.document, NOW + 0.625);
    expect(failure(say(server(p), m1, NOW + 1.25))).toBeNull();
  });

  test('waits for the document and the candidates in whatever order they come', () => {
    const p = provider();
    const late = [
      { type: 'document', document: p.document } as const,
      { type: 'candidates', candidates: CANDIDATES } as const,
    ];
    for (const inputs of [late, late.toReversed()]) {
      const initiator = new Initiator(initiatorConfig(p));
      const m2 = sent(say(server(p), sent(initiator.handle({ type: 'start' }, NOW))));
      expect(say(initiator, m2)).toEqual([]);
      const outputs = inputs.map((input) => initiator.handle(input, NOW));
      expect(outputs[0]).toEqual([]);
      expect(outputs[1]?.map((o) => o.type)).toEqual(['send', 'established']);
    }
  });

  test('accepts a provider that signs with its controller itself', () => {
    const p = provider();
    const { machine, m1 } = client(p, {}, { ...p.document, delegates: [] });
    expect(failure(say(machine, sent(say(server(p, { sign: p.identity.sign }), m1))))).toBeNull();
    expect(machine.phase).toBe('awaiting m4');
  });
});

describe('the answer of the chain', () => {
  test('reaches the client as the code of the refusal', () => {
    const { initiator, responder } = shake();
    const refused = responder.handle(
      { type: 'clientRefused', error: new WarrenError('channel_unfunded', 'no deposit', 'top up') },
      NOW,
    );
    expect(failure(refused)).toBe('channel_unfunded');
    expect(session(refused)).toBeNull();
    expect(failure(say(initiator, sent(refused)))).toBe('channel_unfunded');
  });

  test('is refused as unreachable when it takes longer than ten seconds', () => {
    const { initiator, responder } = shake();
    expect(responder.deadline()?.at).toBe(NOW + HALF_OPEN_MS);
    const late = responder.handle({ type: 'tick' }, NOW + HALF_OPEN_MS);
    expect(failure(late)).toBe('ledger_unreachable');
    expect(failure(say(initiator, sent(late)))).toBe('ledger_unreachable');
  });

  test('is not needed once WireGuard itself has spoken', () => {
    const { initiator } = shake();
    expect(initiator.handle({ type: 'confirmed' }, NOW)).toEqual([{ type: 'accepted' }]);
    expect(initiator.deadline()).toBeNull();
  });
});

describe('lost messages', () => {
  test('are sent again after one and two seconds and given up after eight', () => {
    const p = provider();
    const { machine, m1 } = client(p);
    const sentAt: number[] = [];
    for (;;) {
      const deadline = machine.deadline();
      if (!deadline) break;
      const outputs = machine.handle({ type: 'tick' }, deadline.at);
      const code = failure(outputs);
      if (code) {
        expect(code).toBe('node_offline');
        expect(deadline.at).toBe(NOW + HANDSHAKE_DEADLINE_MS);
        break;
      }
      expect(sent(outputs)).toEqual(m1);
      sentAt.push(deadline.at - NOW);
    }
    expect(sentAt).toEqual([1000, 2000]);
  });

  test('m1 again in the same conversation gets the same m2, not a replay', () => {
    const { m1, m2, responder } = shake();
    expect(sent(say(responder, m1, NOW + 1000))).toEqual(m2);
  });

  test('m3 again gets the same m4, and is sent again by the client', () => {
    const { m3, initiator, responder } = shake();
    const m4 = sent(responder.handle({ type: 'clientVerified' }, NOW + 500));
    expect(initiator.deadline()?.at).toBe(NOW + 1000);
    const again = sent(initiator.handle({ type: 'tick' }, NOW + 1000));
    expect(again).toEqual(m3);
    expect(sent(say(responder, again, NOW + 1100))).toEqual(m4);
    expect(say(initiator, m4, NOW + 1200)).toEqual([{ type: 'accepted' }]);
  });

  test('a flood of repeats is not answered for ever', () => {
    const { m1, responder } = shake();
    const answers = Array.from({ length: 50 }, () => say(responder, m1).length);
    expect(answers.reduce((n, x) => n + x, 0)).toBeLessThanOrEqual(5);
  });

  test('what is missing at the deadline is named', () => {
    const p = provider();
    const noDocument = new Initiator(initiatorConfig(p));
    say(noDocument, sent(say(server(p), sent(noDocument.handle({ type: 'start' }, NOW)))));
    expect(failure(noDocument.handle({ type: 'tick' }, NOW + 8000))).toBe('did_unresolvable');

    const noCandidates = new Initiator(initiatorConfig(p));
    const m2 = sent(say(server(p), sent(noCandidates.handle({ type: 'start' }, NOW))));
    noCandidates.handle({ type: 'document', document: p.document }, NOW);
    expect(say(noCandidates, m2)).toEqual([]);
    expect(failure(noCandidates.handle({ type: 'tick' }, NOW + 8000))).toBe('stun_unreachable');
  });

  test('half-open state is gone after ten seconds', () => {
    const p = provider();
    const { m1 } = client(p);
    const responder = server(p);
    say(responder, m1);
    expect(responder.deadline()?.at).toBe(NOW + HALF_OPEN_MS);
    expect(failure(responder.handle({ type: 'tick' }, NOW + HALF_OPEN_MS))).toBe('handshake_stale');
    expect(responder.deadline()).toBeNull();
    expect(say(responder, m1)).toEqual([]);
  });
});
