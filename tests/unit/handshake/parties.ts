/** A client, a provider and the wire between them, on real cryptography and a clock made of numbers. */
import type { ErrorCode } from '../../../shared/base/errors.ts';
import { type Address, address, type Did, didOf } from '../../../shared/base/units.ts';
import type { DidDocument } from '../../../shared/effects.ts';
import type {
  InitiatorConfig,
  InitiatorOutput,
  ResponderConfig,
  ResponderOutput,
  Session,
} from '../../../shared/machine/handshake/api.ts';
import { Initiator } from '../../../shared/machine/handshake/initiator.ts';
import { RateLimiter } from '../../../shared/machine/handshake/rate-limit.ts';
import { ReplayCache } from '../../../shared/machine/handshake/replay-cache.ts';
import { Responder } from '../../../shared/machine/handshake/responder.ts';
import { generateWireGuardKeyPair, nodeCrypto } from '../../../shared/node/crypto.ts';
import { addressOf, recoverAddress, sign } from '../../../shared/node/secp256k1.ts';
import type { Candidate } from '../../../shared/wire/candidate.ts';

export const NOW = 1_800_000_000_000;
export const CHAIN = 31337;
const BLOCK_TIME = NOW / 1000;

export interface Account {
  readonly address: Address;
  sign(digest: Uint8Array): Uint8Array;
}

export function account(): Account {
  const key = nodeCrypto.randomBytes(32);
  return { address: addressOf(key), sign: (digest) => sign(digest, key) };
}

export const CANDIDATES: readonly Candidate[] = [
  { type: 'host', address: '192.168.1.7', port: 40_000, priority: 2_130_706_431 },
  { type: 'srflx', address: '84.128.3.9', port: 51_820, priority: 1_694_498_815 },
  { type: 'host', address: '2001:db8::7', port: 40_000, priority: 2_130_706_175 },
];

export interface Provider {
  readonly did: Did;
  readonly identity: Account;
  readonly hot: Account;
  readonly document: DidDocument;
  readonly config: ResponderConfig;
}

export function provider(): Provider {
  const identity = account();
  const hot = account();
  const did = didOf(CHAIN, identity.address);
  return {
    did,
    identity,
    hot,
    document: {
      did,
      controller: identity.address,
      delegates: [{ address: hot.address, validTo: BLOCK_TIME + 86_400 }],
      services: [],
      block: { number: 100n, time: BLOCK_TIME },
    },
    config: {
      crypto: nodeCrypto,
      sign: hot.sign,
      recover: recoverAddress,
      did,
      wireGuardKey: generateWireGuardKeyPair().publicKey,
      terms: {
        pricePerMB: 100_000_000_000_000n,
        chainId: CHAIN,
        channels: address(`0x${'c1'.repeat(20)}`),
        token: address(`0x${'70'.repeat(20)}`),
        payee: identity.address,
        minGraceMinutes: 1440,
        address4: '100.91.7.3',
        address6: 'fd77:6172:7265:1:2:3:4:5',
      },
      candidates: CANDIDATES,
      replays: new ReplayCache(64),
      limiter: new RateLimiter(),
      peer: 'a',
    },
  };
}

export function initiatorConfig(p: Provider, change: Partial<InitiatorConfig> = {}): InitiatorConfig {
  const signer = account();
  const { address4: _4, address6: _6, ...offered } = p.config.terms;
  return {
    crypto: nodeCrypto,
    sign: signer.sign,
    recover: recoverAddress,
    payer: account().address,
    signer: signer.address,
    wireGuardKey: generateWireGuardKeyPair().publicKey,
    provider: p.did,
    offered,
    ...change,
  };
}

type Output = InitiatorOutput | ResponderOutput;

export function sent(outputs: readonly Output[]): Uint8Array {
  for (const output of outputs) if (output.type === 'send') return output.bytes;
  throw new Error(`nothing was sent: ${outputs.map((o) => o.type).join(', ') || 'no output'}`);
}

export function failure(outputs: readonly Output[]): ErrorCode | null {
  for (const output of outputs) if (output.type === 'failed') return output.error.code;
  return null;
}

export function session(outputs: readonly Output[]): Session | null {
  for (const output of outputs) if (output.type === 'established') return output.session;
  return null;
}

/** A client that knows the document and its candidates, with its m1. */
export function client(p: Provider, change: Partial<InitiatorConfig> = {}, document = p.document, now = NOW) {
  const machine = new Initiator(initiatorConfig(p, change));
  const m1 = sent(machine.handle({ type: 'start' }, now));
  machine.handle({ type: 'document', document }, now);
  machine.handle({ type: 'candidates', candidates: CANDIDATES.slice(0, 2) }, now);
  return { machine, m1 };
}

export const server = (p: Provider, change: Partial<ResponderConfig> = {}) => new Responder({ ...p.config, ...change });

export const say = (machine: Initiator | Responder, bytes: Uint8Array, now = NOW): readonly Output[] =>
  machine.handle({ type: 'message', bytes }, now);

/** Everything up to a verified client. */
export function shake(p: Provider = provider()) {
  const { machine: initiator, m1 } = client(p);
  const responder = server(p);
  const m2 = sent(say(responder, m1));
  const answered = say(initiator, m2);
  const m3 = sent(answered);
  const checked = say(responder, m3);
  return { p, initiator, responder, m1, m2, m3, answered, checked };
}

export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const out = bytes.slice();
  out[bit >> 3] = (out[bit >> 3] as number) ^ (1 << (bit & 7));
  return out;
}
