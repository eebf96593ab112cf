/**
 * What a handshake costs: CPU time of this process (user and system), so a loaded machine changes it
 * little. Both sides run here with real keys; the relays and the chain are not in it.
 */
import { address, didOf } from '../../shared/base/units.ts';
import type { InitiatorOutput, OfferedTerms, ResponderOutput, Terms } from '../../shared/machine/handshake/api.ts';
import { Initiator } from '../../shared/machine/handshake/initiator.ts';
import { RateLimiter } from '../../shared/machine/handshake/rate-limit.ts';
import { ReplayCache } from '../../shared/machine/handshake/replay-cache.ts';
import { Responder } from '../../shared/machine/handshake/responder.ts';
import { generateWireGuardKeyPair, nodeCrypto } from '../../shared/node/crypto.ts';
import { addressOf, recoverAddress, sign } from '../../shared/node/secp256k1.ts';
import type { Candidate } from '../../shared/wire/candidate.ts';

export interface HandshakeBench {
  readonly cpuMsBothSides: number;
  /** m1 parsed and answered with m2, where nothing ever follows. */
  readonly cpuMsUnauthenticatedM1: number;
  readonly bytes: { readonly m1: number; readonly m2: number; readonly m3: number };
}

const WARM_UP = 100;
const RUNS = 300;
const UNLIMITED = { burst: 1e9, perSecond: 1e9 };

const candidates: readonly Candidate[] = [
  { type: 'host', address: '192.168.1.7', port: 40_000, priority: 2_130_706_431 },
  { type: 'srflx', address: '84.128.3.9', port: 51_820, priority: 1_694_498_815 },
];

export async function benchHandshake(): Promise<HandshakeBench> {
  const { client, provider } = parties();
  let bytes = { m1: 0, m2: 0, m3: 0 };
  const whole = () => {
    const [initiator, m1] = client();
    const responder = provider();
    const m2 = sent(responder.handle({ type: 'message', bytes: m1 }, Date.now()));
    const m3 = sent(initiator.handle({ type: 'message', bytes: m2 }, Date.now()));
    responder.handle({ type: 'message', bytes: m3 }, Date.now());
    const m4 = sent(responder.handle({ type: 'clientVerified' }, Date.now()));
    initiator.handle({ type: 'message', bytes: m4 }, Date.now());
    if (initiator.phase !== 'accepted') throw new Error(`the handshake ended in ${initiator.phase}`);
    bytes = { m1: m1.length, m2: m2.length, m3: m3.length };
  };
  const cpuMsBothSides = cpuMs(whole);
  // Messages are made beforehand: a stranger's work is not the provider's.
  const strangers = Array.from({ length: WARM_UP + RUNS }, () => client()[1]);
  const cpuMsUnauthenticatedM1 = cpuMs(() => {
    const m1 = strangers.pop();
    if (m1) sent(provider().handle({ type: 'message', bytes: m1 }, Date.now()));
  });
  return { cpuMsBothSides, cpuMsUnauthenticatedM1, bytes };
}

function parties() {
  const identity = addressOf(nodeCrypto.randomBytes(32));
  const hotKey = nodeCrypto.randomBytes(32);
  const signerKey = nodeCrypto.randomBytes(32);
  const did = didOf(31337, identity);
  const offered: OfferedTerms = {
    pricePerMB: 100_000_000_000_000n,
    chainId: 31337,
    channels: address(`0x${'c1'.repeat(20)}`),
    token: address(`0x${'70'.repeat(20)}`),
    payee: identity,
    minGraceMinutes: 1440,
  };
  const terms: Terms = { ...offered, address4: '100.91.7.3', address6: 'fd77:6172:7265:1:2:3:4:5' };
  const time = Math.floor(Date.now() / 1000);
  const document = {
    did,
    controller: identity,
    delegates: [{ address: addressOf(hotKey), validTo: time + 86_400 }],
    services: [],
    block: { number: 1n, time },
  };
  const replays = new ReplayCache();
  const limiter = new RateLimiter({ perKey: UNLIMITED, total: UNLIMITED, maxKeys: 10 });
  const shared = { crypto: nodeCrypto, recover: recoverAddress };

  const client = (): [Initiator, Uint8Array] => {
    const initiator = new Initiator({
      ...shared,
      sign: (digest) => sign(digest, signerKey),
      payer: identity,
      signer: addressOf(signerKey),
      wireGuardKey: generateWireGuardKeyPair().publicKey,
      provider: did,
      offered,
    });
    const m1 = sent(initiator.handle({ type: 'start' }, Date.now()));
    initiator.handle({ type: 'document', document }, Date.now());
    initiator.handle({ type: 'candidates', candidates }, Date.now());
    return [initiator, m1];
  };
  const wireGuardKey = generateWireGuardKeyPair().publicKey;
  const provider = () =>
    new Responder({
      ...shared,
      sign: (digest) => sign(digest, hotKey),
      did,
      wireGuardKey,
      terms,
      candidates,
      replays,
      limiter,
      peer: 'bench',
    });
  return { client, provider };
}

function sent(outputs: readonly (InitiatorOutput | ResponderOutput)[]): Uint8Array {
  for (const output of outputs) if (output.type === 'send') return output.bytes;
  throw new Error(`nothing was sent: ${outputs.map((output) => output.type).join(', ')}`);
}

function cpuMs(run: () => void): number {
  for (let i = 0; i < WARM_UP; i++) run();
  const start = process.cpuUsage();
  for (let i = 0; i < RUNS; i++) run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / RUNS;
}
