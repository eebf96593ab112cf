/**
 * A scripted client for the provider's tests, inside a home of the lab: the real machines and adapters of
 * the host without its session loop, one command a time over IPC. It can misbehave: stop paying, vanish.
 *
 * usage: client.ts <network profile> <netd socket>
 */
import { createHash } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import * as v from 'valibot';
import { createLink, type Link } from '../../../native-host/link.ts';
import { openPath, type PathHandle } from '../../../native-host/path.ts';
import { type Payments, startPayments } from '../../../native-host/payments.ts';
import { openRenewableControl } from '../../../native-host/renewable-control.ts';
import { type Shake, shake } from '../../../native-host/shake.ts';
import { openWorld, type World } from '../../../native-host/world.ts';
import { fromHex, type Hex, toHex } from '../../../shared/base/bytes.ts';
import { asWarrenError, WarrenError, type WarrenErrorData } from '../../../shared/base/errors.ts';
import { type Address, type Did, parseDid } from '../../../shared/base/units.ts';
import type { Session } from '../../../shared/machine/handshake/api.ts';
import type { Candidate } from '../../../shared/wire/candidate.ts';
import { GATEWAY4 } from '../../../shared/wire/netd.ts';
import { NetworkProfileSchema } from '../../../shared/wire/network.ts';
import { type Cheat, cheating } from './cheats.ts';

export type ClientCommand =
  | {
      readonly verb: 'connect';
      readonly did: Did;
      readonly payer: Address;
      readonly signerKey: Hex;
      readonly cheat?: Cheat;
    }
  | { readonly verb: 'get'; readonly address: string; readonly path: string }
  | { readonly verb: 'reach'; readonly address: string; readonly port: number }
  | { readonly verb: 'stream'; readonly address: string }
  | { readonly verb: 'resolve'; readonly name: string; readonly server?: string }
  | { readonly verb: 'pay'; readonly on: boolean }
  | { readonly verb: 'state' }
  | { readonly verb: 'close' }
  /** Ends the control channel, then the tunnel. */
  | { readonly verb: 'leave' }
  /** The tunnel goes and nothing is said. */
  | { readonly verb: 'vanish' }
  | { readonly verb: 'offers'; readonly did: Did };

export interface ClientState {
  readonly gate: boolean;
  readonly gateCode: string | null;
  readonly gateChanges: number;
  readonly streamed: number;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly spentSession: string;
  readonly spentTotal: string;
  readonly lost: string | null;
  readonly trouble: WarrenErrorData | null;
  /** From the first proof after a shut gate to the opening, ms. */
  readonly openedAfterMs: number | null;
}

interface Up {
  readonly session: Session;
  readonly link: Link;
  readonly path: PathHandle;
  readonly payments: Payments;
}

const PATIENCE_MS = 15_000;
const counters = { rxBytes: 0, txBytes: 0 };
const gate = { open: true, code: null as string | null, changes: 0 };
let lost: string | null = null;
let streamed = 0;
let up: Up | null = null;
let stream: Socket | null = null;
let onClosed: (claimed: bigint, refunded: bigint) => void = () => {};
/** By signer: each wallet has a channel of its own. */
const highestSigned = new Map<Address, bigint>();
/** The first proof after the gate was shut, and how long it took to open. */
let signedAt: number | null = null;
let openedAfterMs: number | null = null;
/** The error itself, as a snapshot would carry it. */
let trouble: WarrenErrorData | null = null;

async function connectTo(world: World, command: Extract<ClientCommand, { verb: 'connect' }>) {
  const { did, payer } = command;
  const signerKey = fromHex(command.signerKey);
  const signer = world.addressOf(signerKey);
  const started = world.clock.now();
  const steps: Record<string, number> = {};
  const step = (name: string) => {
    steps[name] = Math.round(world.clock.now() - started);
  };
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  world.clock.after(PATIENCE_MS, () => reject(new WarrenError('no_path', `not up: ${JSON.stringify(steps)}`, '')));
  const fail = (error: unknown) => reject(asWarrenError(error));
  const within = <T>(work: Promise<T>): Promise<T> => Promise.race([work, failed]);

  const gathered = Promise.withResolvers<readonly Candidate[]>();
  const nominated = Promise.withResolvers<{ address: string; port: number; kind: string; rttMs: number | null }>();
  const path = await openPath(world, {
    gathered: (candidates) => gathered.resolve(candidates),
    use: ({ remote }, kind, rttMs) => nominated.resolve({ address: remote.address, port: remote.port, kind, rttMs }),
    rtt: () => {},
    mtu: () => {},
    consent: (state) => up?.link.consent(state),
    announce: () => {},
    accept: async () => {},
    rotated: () => {},
    roam: () => {},
    failed: (error) => fail(new WarrenError(error.code, error.message, error.action)),
  });
  let handshake: Shake | null = null;
  let device: Awaited<ReturnType<World['connectNetd']>> | null = null;
  try {
    let node = null;
    while (!node) {
      [node = null] = await within(world.rendezvous.directory.find({ dids: [did] }));
      if (!node) await within(new Promise((resolve) => world.clock.after(50, () => resolve(null))));
    }
    step('found');
    const [document, channel, candidates] = await within(
      Promise.all([
        world.ledger.resolve(did),
        world.ledger.channel({ payer, signer, payee: parseDid(did).address }),
        gathered.promise,
      ]),
    );
    step('read');
    const wireGuard = world.generateWireGuardKeyPair();
    const established = Promise.withResolvers<Session>();
    const accepted = Promise.withResolvers<void>();
    handshake = shake(
      world,
      { node, payer, signer, signerKey, wireGuardKey: wireGuard.publicKey },
      { established: established.resolve, accepted: accepted.resolve, roamed() {}, failed: (error) => fail(error) },
    );
    handshake.document(document);
    handshake.candidates(candidates);
    const session = await within(established.promise);
    step('shaken');
    path.startChecks(session);
    device = await within(world.connectNetd());
    const isUp = Promise.withResolvers<void>();
    const link = await within(
      createLink(world, device, session, wireGuard.privateKey, path.accept, {
        up: () => isUp.resolve(),
        counters: ({ rxBytes, txBytes }) => {
          Object.assign(counters, { rxBytes, txBytes });
          up?.payments.counters(rxBytes, txBytes);
        },
        heard: () => path.heard(),
        doubt: () => path.probe(),
        lost: (error) => {
          lost ??= error.code;
        },
      }),
    );
    await within(accepted.promise);
    step('accepted');
    const remote = await within(nominated.promise);
    step('punched');
    await within(link.join(remote, null));
    await within(isUp.promise);
    step('tunnel');
    const connect = () => world.connectControl(session.terms.address4, 3_000);
    const honest = await within(openRenewableControl(connect, toHex(session.sessionId)));
    const control = command.cheat ? cheating(honest, command.cheat, session, signerKey) : honest;
    const ready = Promise.withResolvers<string>();
    const config = { session, channel, signerKey, highestSigned: highestSigned.get(signer) ?? 0n };
    const payments = startPayments(world, control, config, {
      ready: ready.resolve,
      gate: (open, error) => {
        const changes = gate.changes + (open === gate.open ? 0 : 1);
        Object.assign(gate, { open, code: error?.code ?? null, changes });
        if (open && signedAt !== null) openedAfterMs = performance.now() - signedAt;
      },
      signed: (cumulative) => {
        highestSigned.set(signer, cumulative);
        if (!gate.open) signedAt ??= performance.now();
      },
      exhausted: () => {},
      path: () => {},
      disputed: (error) => {
        lost = error.code;
        trouble = error;
      },
      lost: (error) => {
        lost ??= error.code;
        trouble ??= error;
      },
      closed: (claimed, refunded) => onClosed(claimed, refunded),
    });
    up = { session, link, path, payments };
    const observedAddress = await within(ready.promise);
    step('ready');
    const { address4, pricePerMB } = session.terms;
    return {
      address4,
      pricePerMB: String(pricePerMB),
      kind: remote.kind,
      observedAddress,
      steps,
      node: node.proposal.country,
    };
  } catch (error) {
    handshake?.close();
    await Promise.all([path.close(), device?.close()]);
    throw error;
  }
}

function open(address: string, port: number, timeout = 5_000): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const localAddress = up?.session.terms.address4;
    if (!localAddress) return reject(new Error('not connected'));
    const socket = connect({ host: address, port, localAddress });
    socket.setTimeout(timeout, () => socket.destroy(new Error('timeout')));
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

async function request(address: string, path: string): Promise<Socket> {
  const socket = await open(address, 80);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${address}\r\nconnection: close\r\n\r\n`);
  return socket;
}

async function get({ address, path }: { address: string; path: string }) {
  const started = performance.now();
  const socket = await request(address, path);
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  const all = Buffer.concat(parts);
  const body = all.subarray(all.indexOf('\r\n\r\n') + 4);
  return {
    bytes: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
    ms: Math.round(performance.now() - started),
    text: body.length < 4_096 ? body.toString() : '',
  };
}

async function startStream(address: string): Promise<void> {
  stream = await request(address, '/stream');
  stream.setTimeout(0);
  stream.on('error', () => {});
  stream.on('data', (part: Buffer) => {
    streamed += part.length;
  });
}

async function resolveName(name: string, server = GATEWAY4): Promise<readonly string[] | string> {
  const resolver = new Resolver({ timeout: 3_000, tries: 1 });
  resolver.setServers([server]);
  if (up) resolver.setLocalAddress(up.session.terms.address4);
  return resolver.resolve4(name).catch((error: { code?: string }) => error.code ?? 'failed');
}

function closeChannel(): Promise<{ claimed: string; refunded: string }> {
  return new Promise((resolve) => {
    onClosed = (claimed, refunded) => resolve({ claimed: String(claimed), refunded: String(refunded) });
    // Nothing more is signed behind the close.
    up?.payments.stop(true);
    up?.payments.requestClose();
  });
}

/** Like a machine whose plug was pulled: nothing is said to anybody. */
async function vanish(): Promise<void> {
  const was = up;
  up = null;
  stream?.destroy();
  await was?.link.destroy();
  await was?.path.close();
  was?.payments.close();
  Object.assign(gate, { open: true, code: null, changes: 0 });
  lost = null;
  trouble = null;
  signedAt = null;
  openedAfterMs = null;
  streamed = 0;
}

function state(): ClientState {
  const spent = up?.payments.spent ?? { session: 0n, total: 0n };
  return {
    gate: gate.open,
    gateCode: gate.code,
    gateChanges: gate.changes,
    streamed,
    ...counters,
    spentSession: String(spent.session),
    spentTotal: String(spent.total),
    lost,
    trouble,
    openedAfterMs,
  };
}

async function obey(world: World, command: ClientCommand): Promise<unknown> {
  switch (command.verb) {
    case 'connect':
      return connectTo(world, command);
    case 'get':
      return get(command);
    case 'reach':
      return open(command.address, command.port, 1_500).then(
        (socket) => {
          // An ICMP message amid connect() was once taken for success; but a connection has a peer.
          const peer = socket.remoteAddress;
          socket.destroy();
          return peer === undefined ? 'no peer' : 'reached';
        },
        (error: { code?: string }) => error.code ?? 'timeout',
      );
    case 'stream':
      return startStream(command.address);
    case 'resolve':
      return resolveName(command.name, command.server);
    case 'pay':
      up?.payments.stop(!command.on);
      return null;
    case 'state':
      return state();
    case 'close':
      return closeChannel();
    case 'leave':
      up?.payments.close();
      return vanish();
    case 'vanish':
      return vanish();
    case 'offers':
      return (await world.rendezvous.directory.find({ dids: [command.did] })).length;
  }
}

async function main([profilePath = '', netdSocket = '']: readonly string[]): Promise<void> {
  const profile = v.parse(NetworkProfileSchema, JSON.parse(readFileSync(profilePath, 'utf8')));
  const world = await openWorld(profile, netdSocket);
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ id, command }: { id: number; command: ClientCommand }) => {
    obey(world, command).then(
      (result) => process.send?.({ id, result: result ?? null }),
      (thrown: unknown) => {
        const { code, message } = asWarrenError(thrown);
        process.send?.({ id, error: { code, message } });
      },
    );
  });
  process.send?.({ id: 0, result: 'ready' });
}

if (import.meta.main) await main(process.argv.slice(2));
