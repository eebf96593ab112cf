/**
 * One end of a traversal, over real sockets and a real relay: gathers, exchanges candidates (in the
 * clear: this is a test of paths, not of the handshake), checks, and prints what was nominated.
 *
 * usage: peer.ts <json: PeerInput>. Prints JSON lines: {key}, then {nat}, then {outcome}.
 */
import { randomBytes } from 'node:crypto';
import type { Conversation, TransportAddress } from '../../../shared/effects.ts';
import { type Driven, drive } from '../../../shared/machine/drive.ts';
import type {
  ChecksInput,
  ChecksOutput,
  GatheringInput,
  GatheringOutput,
} from '../../../shared/machine/traversal/api.ts';
import { MAIN } from '../../../shared/machine/traversal/bases.ts';
import { onBase } from '../../../shared/machine/traversal/candidates.ts';
import { Checks } from '../../../shared/machine/traversal/checks.ts';
import { Gathering } from '../../../shared/machine/traversal/gathering.ts';
import { createClock } from '../../../shared/node/clock.ts';
import { createDatagrams, hostAddresses } from '../../../shared/node/datagrams.ts';
import { loadNostr } from '../../../shared/node/nostr.ts';
import { openRendezvous } from '../../../shared/node/relays/open.ts';
import type { Candidate } from '../../../shared/wire/candidate.ts';
import { credentialsOf } from '../../fakes/credentials.ts';

export interface PeerInput {
  readonly role: 'controlling' | 'controlled';
  readonly relay: string;
  readonly stun: readonly TransportAddress[];
  /** The provider's key; the client only. */
  readonly peer?: string;
}

export interface PeerOutcome {
  readonly type: string;
  readonly kind?: string;
  readonly local?: Candidate;
  readonly remote?: Candidate;
  readonly rttMs?: number | null;
  readonly code?: string;
  /** Since the candidates were known, and since the first STUN question. */
  readonly checkMs: number;
  readonly wholeMs: number;
}

const input = JSON.parse(process.argv[2] ?? '{}') as PeerInput;
const clock = createClock();
const random = (length: number) => Uint8Array.from(randomBytes(length));
const secretKey = random(32);
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);

const rendezvous = openRendezvous({ relays: [input.relay], clock, secretKey });
await rendezvous.ready(5000);
const datagrams = await createDatagrams();
const startedAt = clock.now();

/** A packet is offered to both machines: each takes what is its own. */
const machines: ((packet: Uint8Array, from: TransportAddress) => void)[] = [];
datagrams.onPacket((packet, from) => {
  for (const hear of machines) hear(packet, from);
});

const local = await new Promise<readonly Candidate[]>((resolve) => {
  const hosts = hostAddresses(datagrams.local.port);
  const gathering = new Gathering({ servers: input.stun, hosts, random });
  const driven = drive<GatheringInput, GatheringOutput>(gathering, clock, (output) => {
    if (output.type === 'send') datagrams.send(output.packet, output.to);
    if (output.type !== 'gathered') return;
    say({ nat: output.nat, gatherMs: clock.now() - startedAt });
    resolve(output.candidates);
  });
  machines.push((packet, from) => driven.feed({ type: 'packet', packet, from }));
  driven.feed({ type: 'start' });
});

function check(remote: readonly Candidate[]): void {
  const checkedAt = clock.now();
  const credentials = credentialsOf(input.role);
  const checks = new Checks({ role: input.role, credentials, local: onBase(MAIN, local), remote, random });
  const driven: Driven<ChecksInput> = drive<ChecksInput, ChecksOutput>(checks, clock, (output) => {
    if (output.type === 'send') datagrams.send(output.packet, output.to);
    const times = { checkMs: clock.now() - checkedAt, wholeMs: clock.now() - startedAt };
    if (output.type === 'nominated') {
      say({ outcome: { type: 'nominated', kind: output.kind, ...output.pair, rttMs: output.rttMs, ...times } });
    }
    if (output.type === 'failed') say({ outcome: { type: 'failed', code: output.error.code, ...times } });
  });
  machines.push((packet, from) => driven.feed({ type: 'packet', packet, from, base: MAIN }));
  driven.feed({ type: 'start' });
}

const encode = (candidates: readonly Candidate[]) => Buffer.from(`\u0001${JSON.stringify(candidates)}`);
const decode = (message: Uint8Array) => JSON.parse(Buffer.from(message).toString().slice(1)) as Candidate[];

if (input.role === 'controlled') {
  await rendezvous.signal.listen((conversation: Conversation) => {
    conversation.onMessage((message) => {
      conversation.send(encode(local));
      check(decode(message));
    });
  });
  say({ key: (await loadNostr()).publicKeyOf(secretKey) });
} else {
  const conversation = rendezvous.signal.open(input.peer ?? '');
  conversation.onMessage((message) => check(decode(message)));
  conversation.send(encode(local));
}
