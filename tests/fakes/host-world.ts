/**
 * A whole world for warren-host on a steerable clock: real machines, real keys and signatures, the
 * honest provider's side of handshake, checks and till; only wires, chain and kernel are in memory.
 */
import { randomBytes } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { World } from '../../native-host/world.ts';
import { fromHex, toHex, utf8 } from '../../shared/base/bytes.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import { type Address, address, didOf } from '../../shared/base/units.ts';
import type { ChannelOnChain, Conversation, Datagrams, DidDocument } from '../../shared/effects.ts';
import type { PayeeInput, PayeeOutput } from '../../shared/machine/channel/api.ts';
import { Payee } from '../../shared/machine/channel/payee.ts';
import { type Driven, drive } from '../../shared/machine/drive.ts';
import type { ResponderInput, ResponderOutput, Session, Terms } from '../../shared/machine/handshake/api.ts';
import { RateLimiter } from '../../shared/machine/handshake/rate-limit.ts';
import { ReplayCache } from '../../shared/machine/handshake/replay-cache.ts';
import { Responder } from '../../shared/machine/handshake/responder.ts';
import type { ChecksInput, ChecksOutput } from '../../shared/machine/traversal/api.ts';
import { MAIN } from '../../shared/machine/traversal/bases.ts';
import { onBase } from '../../shared/machine/traversal/candidates.ts';
import { Checks } from '../../shared/machine/traversal/checks.ts';
import { generateWireGuardKeyPair, nodeCrypto } from '../../shared/node/crypto.ts';
import { addressOf, recoverAddress, sign } from '../../shared/node/secp256k1.ts';
import type { ControlUpInput } from '../../shared/wire/control.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { proofDigest } from '../../shared/wire/proof.ts';
import type { FoundProposal } from '../../shared/wire/proposal.ts';
import { createFakeClock, type FakeClock } from './clock.ts';
import { createNetwork, type Network } from './datagrams.ts';
import { createFakeRandom } from './random.ts';
import { createFakeRelay, type FakeRelay } from './rendezvous.ts';
import { serveStun } from './stun-server.ts';
import { createFakeControl, createFakeNetd, type FakeControl, type FakeNetd } from './wire.ts';

export const CHAIN = 31_337;
export const CHANNELS = address(`0x${'cc'.repeat(20)}`);
export const TOKEN = address(`0x${'dd'.repeat(20)}`);
export const PRICE = 10n ** 14n;

export interface FakeWorld {
  readonly world: World;
  readonly clock: FakeClock;
  readonly relay: FakeRelay;
  readonly network: Network;
  readonly netd: FakeNetd;
  readonly providers: FakeProvider[];
  /** What the chain says of every channel. */
  channel: ChannelOnChain;
  /** What the tables say of every public address. */
  located: { readonly country: string | null; readonly residential: boolean } | null;
  readonly proxies: { destroyed: boolean; closed: boolean }[];
  /** Runs clock and promises until it holds. @throws after `limit` ms of the fake clock. */
  until(condition: () => boolean, limit?: number): Promise<number>;
}

export interface FakeProvider {
  readonly found: FoundProposal;
  readonly payee: Address;
  control: FakeControl | null;
  /** What it received, highest first. */
  readonly proofs: bigint[];
  gated: boolean;
  counters(rxBytes: number, txBytes: number): void;
  /** Refuses every client with this. */
  refusal: WarrenError | null;
  /** A socket of a client of its, as the internet sees it. */
  inside(): Datagrams;
  die(): void;
}

export function createFakeWorld(countries: readonly string[] = ['DE']): FakeWorld {
  const clock = createFakeClock();
  const network = createNetwork(clock, 10);
  const relay = createFakeRelay(clock);
  const netd = createFakeNetd(clock);
  const profile = profileOf();
  serveStun(network, ['203.0.113.1', '203.0.113.2']);
  const kind = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' } as const;
  const home = network.nat('90.0.0.7', kind);
  const documents = new Map<string, DidDocument>();
  const proxies: { destroyed: boolean; closed: boolean }[] = [];
  let nextPort = 20_000;

  const fake: FakeWorld = {
    clock,
    relay,
    network,
    netd,
    providers: [],
    proxies,
    located: null,
    channel: { exists: true, deposit: 10n ** 18n, claimed: 0n, closeAt: 0, graceMinutes: 1_440, epoch: 0 },
    world: {
      profile,
      clock,
      rotateEvery: { min: 300_000, max: 900_000 },
      onNetwork: () => () => {},
      rendezvous: {
        directory: relay.directory,
        signal: relay.signal,
        onStatus: () => () => {},
        check: () => {},
        renew: () => {},
        close: async () => {},
      },
      ledger: {
        async resolve(did) {
          const document = documents.get(did);
          if (!document) throw new WarrenError('did_unresolvable', 'unknown', 'choose another');
          return document;
        },
        bornAt: async () => 1_690_000_000,
        channel: async () => fake.channel,
        account: async () => ({
          coin: 1n,
          token: 1n,
          nonce: 0,
          maxFeePerGas: 1n,
          maxPriorityFeePerGas: 1n,
          permitNonce: 0n,
          blockTime: 1_700_000_000,
        }),
        broadcast: async () => `0x${'11'.repeat(32)}`,
        receipt: async () => ({ status: 'confirmed', confirmations: 1, gasUsed: 1n }),
        history: async (_account, from = 0) => ({ events: [], from, head: from, next: from + 1 }),
        onCloseRequested: () => () => {},
        close: () => {},
      },
      connectNetd: async () => netd.device,
      openRouterLine: null,
      openDatagrams: async () => home.socket('192.168.1.5', nextPort++),
      openInside: async (address) => {
        const provider = fake.providers.find((candidate) => takers.get(candidate) === address);
        if (!provider) throw new WarrenError('tunnel_lost', 'no such address here', 'wait');
        return provider.inside();
      },
      openLoopback: async () => home.socket('127.0.0.1', nextPort++),
      turn: null,
      hostAddresses: (port) => [{ address: '192.168.1.5', port }],
      stunServers: async () => profile.stun.map(({ host, port }) => ({ address: host, port })),
      locate: async () => fake.located,
      async openProxy() {
        const state = { destroyed: false, closed: false };
        proxies.push(state);
        return {
          port: 9_000 + proxies.length,
          username: 'user',
          password: 'secret',
          counters: () => ({ active: 0, accepted: 0, refused: 0, bytesUp: 0, bytesDown: 0 }),
          destroyAll: () => {
            state.destroyed = true;
          },
          close: async () => {
            state.closed = true;
          },
        };
      },
      async connectControl(from) {
        const provider = fake.providers.find((candidate) => takers.get(candidate) === from);
        if (!provider) throw new WarrenError('tunnel_lost', 'no gateway', 'wait');
        const control = createFakeControl(clock);
        accepts.get(provider)?.(control);
        provider.control = control;
        return control.connection;
      },
      crypto: nodeCrypto,
      random: createFakeRandom(3),
      sign,
      recover(digest, signature) {
        try {
          return recoverAddress(digest, signature);
        } catch {
          return null;
        }
      },
      addressOf,
      generateWireGuardKeyPair,
    },
    async until(condition, limit = 60_000) {
      const from = clock.now();
      for (;;) {
        // Promises of node:crypto and of the twins settle between the steps of the clock.
        await new Promise(setImmediate);
        if (condition()) return clock.now() - from;
        if (clock.now() - from > limit) throw new Error(`did not happen within ${limit} ms`);
        clock.advance(1);
      }
    },
  };

  const takers = new Map<FakeProvider, string>();
  const accepts = new Map<FakeProvider, (control: FakeControl) => void>();
  countries.forEach((country, index) => {
    const parts = { fake, documents, takers, accepts, kind };
    fake.providers.push(createProvider(parts, country, index + 1));
  });
  return fake;
}

function createProvider(
  parts: {
    readonly fake: FakeWorld;
    readonly documents: Map<string, DidDocument>;
    readonly takers: Map<FakeProvider, string>;
    readonly accepts: Map<FakeProvider, (control: FakeControl) => void>;
    readonly kind: Parameters<Network['nat']>[1];
  },
  country: string,
  index: number,
): FakeProvider {
  const { fake, documents, takers, accepts, kind } = parts;
  const { clock, network, relay, netd } = fake;
  const hot = randomBytes(32);
  const payee = addressOf(randomBytes(32));
  const did = didOf(CHAIN, payee);
  const key = toHex(secp256k1.getPublicKey(hot, true).subarray(1)).slice(2);
  const wireGuard = generateWireGuardKeyPair();
  const house = network.nat(`84.128.0.${index}`, kind);
  const socket = house.socket('10.0.0.2', 30_000);
  let inside = 31_000;
  const outside = { type: 'srflx', address: `84.128.0.${index}`, port: 40_000, priority: 1_694_498_815 } as const;
  // One packet out, so that its NAT has a mapping: the gathering of the real one does the same.
  socket.send(utf8('mapping'), { address: '203.0.113.1', port: 9 });
  const offered = { pricePerMB: PRICE, chainId: CHAIN, channels: CHANNELS, token: TOKEN, payee, minGraceMinutes: 60 };
  const terms: Terms = { ...offered, address4: `100.65.0.${index + 1}`, address6: `fd77:6172:7265::${index + 1}1` };
  const found: FoundProposal = {
    key,
    publishedAtSec: Math.floor(clock.now() / 1_000),
    expiresAtSec: Math.floor(clock.now() / 1_000) + 1_800,
    proposal: {
      ...offered,
      version: 1,
      did,
      country,
      asn: 3_320,
      network: 'Home',
      residential: true,
      minDeposit: 10n ** 16n,
      capacityMbps: 100,
    },
  };
  documents.set(did, {
    did,
    controller: payee,
    delegates: [{ address: addressOf(hot), validTo: 2_000_000_000 }],
    services: [],
    block: { number: 1n, time: Math.floor(clock.now() / 1_000) },
  });
  relay.offers.push(found);

  let checks: Driven<ChecksInput> | null = null;
  let till: Driven<PayeeInput> | null = null;
  let channelOf: Session['channel'] | null = null;
  const random = createFakeRandom(100 + index);
  const shared = { replays: new ReplayCache(64), limiter: new RateLimiter() };
  const provider: FakeProvider = {
    found,
    payee,
    control: null,
    proofs: [],
    gated: false,
    refusal: null,
    counters: (rxBytes, txBytes) => till?.feed({ type: 'counters', rxBytes, txBytes }),
    inside: () => house.socket('10.0.0.2', inside++),
    die() {
      relay.silence(key);
      checks?.stop();
      till?.stop();
      netd.answering.delete(wireGuard.publicKey);
      void socket.close();
    },
  };
  socket.onPacket((packet, from) => checks?.feed({ type: 'packet', packet, from, base: MAIN }));

  const serve = (session: Session) => {
    channelOf = session.channel;
    const { local, remote } = session.traversal;
    const credentials = {
      localFragment: local.fragment,
      remoteFragment: remote.fragment,
      localPassword: utf8(local.password),
      remotePassword: utf8(remote.password),
    };
    const candidates = { local: onBase(MAIN, [outside]), remote: session.peerCandidates };
    const machine = new Checks({ role: 'controlled', credentials, ...candidates, random });
    checks?.stop();
    checks = drive<ChecksInput, ChecksOutput>(machine, clock, (output) => {
      if (output.type === 'send') socket.send(output.packet, output.to);
    });
    checks.feed({ type: 'start' });
    netd.answering.add(wireGuard.publicKey);
    takers.set(provider, terms.address4);
  };

  const onTill = (output: PayeeOutput) => {
    const control = provider.control;
    if (output.type === 'persist') provider.proofs.unshift(output.proof.cumulative);
    if (output.type === 'receipt') control?.down({ ...output });
    if (output.type === 'refuse') control?.down({ type: 'refused', error: output.error.data() });
    if (output.type !== 'gate') return;
    provider.gated = !output.open;
    control?.down({ type: 'gate', open: output.open, error: output.error?.data() ?? null });
  };

  accepts.set(provider, (control) => {
    const parties = channelOf;
    if (!parties) return;
    const machine = new Payee({
      signer: parties.signer,
      pricePerMB: PRICE,
      highest: null,
      deposit: fake.channel.deposit,
      claimed: fake.channel.claimed,
      closeAt: 0,
      unpaidBytes: 0,
      roundTripMs: 20,
    });
    till = drive<PayeeInput, PayeeOutput>(machine, clock, onTill);
    control.onUp((message: ControlUpInput) => {
      if (message.type === 'hello') control.down({ type: 'ready', highest: null, observedAddress: '90.0.0.7' });
      if (message.type === 'close') {
        const claimed = provider.proofs[0] ?? 0n;
        const refunded = fake.channel.deposit - claimed;
        control.down({ type: 'closed', transaction: `0x${'22'.repeat(32)}`, claimed, refunded });
      }
      if (message.type !== 'proof') return;
      const cumulative = BigInt(message.cumulative);
      const domain = { chainId: CHAIN, channels: CHANNELS };
      const digest = proofDigest(domain, { payer: parties.payer, payee, cumulative });
      const signature = fromHex(message.signature);
      till?.feed({
        type: 'proof',
        proof: { cumulative, signature },
        signer: recoverAddress(digest, signature),
        rxBytes: message.rxBytes,
      });
    });
  });

  relay.answer(key, (conversation: Conversation) => {
    const responder = new Responder({
      ...shared,
      crypto: nodeCrypto,
      sign: (digest) => sign(digest, hot),
      recover: (digest, signature) => fake.world.recover(digest, signature),
      did,
      wireGuardKey: wireGuard.publicKey,
      terms,
      candidates: [outside],
      peer: conversation.peer,
    });
    const driven: Driven<ResponderInput> = drive<ResponderInput, ResponderOutput>(responder, clock, (output) => {
      if (output.type === 'send') conversation.send(output.bytes);
      if (output.type === 'established') serve(output.session);
      if (output.type !== 'verifyClient') return;
      const { refusal } = provider;
      driven.feed(refusal ? { type: 'clientRefused', error: refusal } : { type: 'clientVerified' });
    });
    conversation.onMessage((bytes) => driven.feed({ type: 'message', bytes }));
  });
  return provider;
}

function profileOf(): NetworkProfile {
  return {
    name: 'memory',
    chainId: CHAIN,
    rpcUrl: 'http://127.0.0.1:1',
    channels: CHANNELS,
    didRegistry: address(`0x${'ee'.repeat(20)}`),
    token: TOKEN,
    tokenName: 'Test MYST',
    tokenSymbol: 'MYST',
    tokenDecimals: 18,
    coinSymbol: 'ETH',
    explorer: null,
    confirmations: 0,
    relays: ['ws://127.0.0.1:1'],
    stun: [
      { host: '203.0.113.1', port: 3_478 },
      { host: '203.0.113.2', port: 3_478 },
    ],
  };
}
