/**
 * A thousand clients in one process, for the bench of a full node: each with a channel, a UDP socket, a handshake
 * through the relay, checks on its path and WireGuard keys of its own. They come one by one and then rest, as idle
 * clients do. Commands come over IPC.
 *
 * They stand on the internet itself, at one address: a home router would have its own say on a thousand flows, and
 * STUN servers on a thousand questions of one source.
 *
 * usage: peers-crowd.ts <network profile> <provider's DID> <payer, whom the node of the chain signs for> <address>
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { encodeFunctionData, maxUint256, parseAbi, parseEther } from 'viem';
import { openPath } from '../../native-host/path.ts';
import { shake } from '../../native-host/shake.ts';
import { openWorld, type World } from '../../native-host/world.ts';
import { toBase64 } from '../../shared/base/bytes.ts';
import { type Address, address, type Did, parseDid } from '../../shared/base/units.ts';
import type { Datagrams, TransportAddress } from '../../shared/effects.ts';
import type { Session } from '../../shared/machine/handshake/api.ts';
import { createDatagrams } from '../../shared/node/datagrams.ts';
import type { Candidate } from '../../shared/wire/candidate.ts';
import { NetworkProfileSchema } from '../../shared/wire/network.ts';
import type { FoundProposal } from '../../shared/wire/proposal.ts';
import { WireGuardInitiator } from './wireguard-initiator.ts';

export type CrowdCommand =
  | { readonly verb: 'fund'; readonly count: number }
  /** One more client; resolves with its times once it is confirmed inside the tunnel. */
  | { readonly verb: 'join' }
  /** Clients that the node still answers. */
  | { readonly verb: 'alive' };

/** Milliseconds from the first message of the handshake on. */
export interface Joined {
  readonly established: number;
  readonly accepted: number;
  readonly tunnel: number;
}

const [, , profilePath = '', did = '', payer = '', host = ''] = process.argv;
const profile = v.parse(NetworkProfileSchema, JSON.parse(readFileSync(profilePath, 'utf8')));
const PATIENCE_MS = 20_000;
/** WireGuard keeps keys for two minutes of use, and three in all. */
const REKEY_MS = 100_000;
/** Sooner than WireGuard's 25 s: nothing else of an idle client passes here, and a busy machine is late. */
const KEEPALIVE_MS = 10_000;
const BATCH = 50;

const signers: { readonly key: Uint8Array; readonly address: Address }[] = [];
let joined = 0;
let answering = 0;

async function rpc(calls: readonly { readonly method: string; readonly params: readonly unknown[] }[]) {
  const body = JSON.stringify(calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call })));
  const answer = await fetch(profile.rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const results = (await answer.json()) as readonly { readonly result?: unknown; readonly error?: unknown }[];
  for (const { error } of results) if (error) throw new Error(JSON.stringify(error));
  return results.map(({ result }) => result);
}

/** A channel for each client, all of one payer: signers tell them apart. */
async function fund(world: World, count: number): Promise<void> {
  const payee = parseDid(did).address;
  for (let i = 0; i < count; i++) {
    const key = world.random(32);
    signers.push({ key, address: world.addressOf(key) });
  }
  const approve = encodeFunctionData({
    abi: parseAbi(['function approve(address spender, uint256 amount)']),
    args: [profile.channels, maxUint256],
  });
  const abi = parseAbi(['function open(address signer, address payee, uint88 amount, uint16 graceMinutes)']);
  const opens = signers.map(({ address: signer }) => ({
    to: profile.channels,
    data: encodeFunctionData({ abi, args: [signer, payee, parseEther('0.01'), 1440] }),
  }));
  const [first] = await rpc([{ method: 'eth_getTransactionCount', params: [payer, 'latest'] }]);
  const all = [{ to: profile.token, data: approve }, ...opens];
  const send = (at: number, count: number) =>
    rpc(
      all.slice(at, at + count).map((call, i) => ({
        method: 'eth_sendTransaction',
        params: [{ from: payer, gas: '0x493e0', nonce: `0x${(Number(first) + at + i).toString(16)}`, ...call }],
      })),
    );
  for (let at = 0; at < all.length; at += BATCH) await send(at, BATCH);
  for (let before = -1; ; await new Promise((resolve) => setTimeout(resolve, 250))) {
    const [count] = await rpc([{ method: 'eth_getTransactionCount', params: [payer, 'latest'] }]);
    const mined = Number(count) - Number(first);
    if (mined >= all.length) return;
    // Of many at once the chain loses one now and then, and all behind it wait for that.
    if (mined === before) {
      // One that it has all the same it takes no second time: then it only waits for a block.
      await send(mined, 1).catch(() => {});
      await rpc([{ method: 'evm_mine', params: [] }]);
    }
    before = mined;
  }
}

/** WireGuard's messages, as the splice tells them from STUN: a type and three zeros. */
const isWireGuard = (packet: Uint8Array) =>
  (packet[0] ?? 0) >= 1 && (packet[0] ?? 0) <= 4 && packet[1] === 0 && packet[2] === 0 && packet[3] === 0;

/** A socket that STUN and WireGuard share. */
function shared(socket: Datagrams, onWireGuard: (packet: Uint8Array) => void): Datagrams {
  return {
    ...socket,
    local: socket.local,
    onPacket: (handler) =>
      socket.onPacket((packet, from) => (isWireGuard(packet) ? onWireGuard(packet) : handler(packet, from))),
  };
}

async function join(world: World, node: FoundProposal): Promise<Joined> {
  const signer = signers[joined++];
  if (!signer) throw new RangeError('more clients than channels');
  const keys = world.generateWireGuardKeyPair();
  const gathered = Promise.withResolvers<readonly Candidate[]>();
  const established = Promise.withResolvers<Session>();
  const accepted = Promise.withResolvers<void>();
  const way = Promise.withResolvers<TransportAddress>();
  const up = Promise.withResolvers<void>();
  up.promise.catch(() => {});
  let stage = 'gathering';
  const timer = setTimeout(() => up.reject(new Error(`not up in time: ${stage}`)), PATIENCE_MS);
  let socket: Datagrams | null = null;
  let initiator: WireGuardInitiator | null = null;
  let remote: TransportAddress | null = null;
  const onWireGuard = (packet: Uint8Array) => {
    if (!initiator?.answered(packet)) return;
    answering++;
    const first = initiator.keepalive();
    if (first && remote) socket?.send(first, remote);
    up.resolve();
  };
  const openDatagrams = async () => {
    const opened = shared(await world.openDatagrams(), onWireGuard);
    // WireGuard stays where it is, whatever the path does.
    if (socket) return opened;
    socket = { ...opened, close: async () => {} };
    return socket;
  };
  const path = await openPath(
    { ...world, openDatagrams },
    {
      gathered: (candidates) => gathered.resolve(candidates),
      use: (_pair, _kind, _rtt, to) => {
        remote = to;
        way.resolve(to);
      },
      rtt: () => {},
      consent: () => {},
      announce: () => {},
      accept: async () => {},
      rotated: () => {},
      mtu: () => {},
      roam: () => {},
      failed: (error) => up.reject(new Error(`${error.code}: ${error.message}`)),
    },
  );
  const ready = Promise.all([world.ledger.resolve(did as Did), gathered.promise]);
  const [document, candidates] = await Promise.race([ready, up.promise.then(() => never())]);
  stage = 'shaking hands';
  const began = performance.now();
  const since = () => performance.now() - began;
  const config = { node, payer: address(payer), signer: signer.address, signerKey: signer.key };
  const handshake = shake(
    world,
    { ...config, wireGuardKey: keys.publicKey },
    { established: established.resolve, accepted: accepted.resolve, roamed() {}, failed: (error) => up.reject(error) },
  );
  handshake.document(document);
  handshake.candidates(candidates);
  try {
    const session = await Promise.race([established.promise, up.promise.then(() => never())]);
    const establishedAt = since();
    stage = 'waiting for the node';
    path.startChecks(session);
    const peer = new WireGuardInitiator({
      ...keys,
      peerPublicKey: session.peerWireGuardKey,
      presharedKey: toBase64(session.psk),
    });
    initiator = peer;
    // While the node looks: a kernel would have it in a fraction of a millisecond, this one takes several.
    const initiation = peer.initiate();
    await Promise.race([accepted.promise, up.promise]);
    const acceptedAt = since();
    stage = 'looking for a path';
    const to = await Promise.race([way.promise, up.promise.then(() => never())]);
    const knock = (packet = peer.initiate()) => socket?.send(packet, remote ?? to);
    stage = 'WireGuard';
    knock(initiation);
    await up.promise;
    clearTimeout(timer);
    handshake.confirmed();
    setInterval(() => {
      answering--;
      knock();
    }, REKEY_MS);
    setInterval(() => {
      const packet = peer.keepalive();
      if (packet) socket?.send(packet, remote ?? to);
    }, KEEPALIVE_MS);
    return { established: establishedAt, accepted: acceptedAt, tunnel: since() };
  } finally {
    handshake.close();
  }
}

function never(): never {
  throw new Error('the tunnel stood before its handshake');
}

const real = await openWorld(profile, '/nowhere');
// Nothing changes around them, and they keep their ports: the bench is over before.
const world: World = {
  ...real,
  // Of several addresses the system would choose another one to send from.
  openDatagrams: () => createDatagrams({ address: host }),
  openRouterLine: null,
  onNetwork: () => () => {},
  hostAddresses: (port) => [{ address: host, port }],
  stunServers: async () => [],
  rotateEvery: { min: 3_600_000, max: 3_700_000 },
};
const found = async (): Promise<FoundProposal> => {
  for (;;) {
    const [node] = await world.rendezvous.directory.find({ dids: [did as Did] });
    if (node) return node;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
const node = await found();

async function obey(command: CrowdCommand): Promise<unknown> {
  if (command.verb === 'fund') return fund(world, command.count);
  if (command.verb === 'join') return join(world, node);
  return answering;
}

process.on('message', ({ id, command }: { id: number; command: CrowdCommand }) => {
  obey(command).then(
    (result) => process.send?.({ id, result: result ?? null }),
    (error: unknown) =>
      process.send?.({
        id,
        error: { code: 'internal', message: error instanceof Error ? error.message : String(error) },
      }),
  );
});
process.send?.({ id: 0, result: null });
