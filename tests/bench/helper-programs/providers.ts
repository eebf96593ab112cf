/**
 * Very many providers in one process, as a helper sees them: each with a socket, a key, an offer and a UDP
 * port of its own, the product's messages at the product's pace. Only the homes behind them are made up.
 *
 * usage: providers.ts <json: ProvidersOptions>; over IPC: {joined}, then {asked, answered, signals} on `report`
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { address, didOf } from '../../../shared/base/units.ts';
import { loadNostr, type Nostr } from '../../../shared/node/nostr.ts';
import { readSignalEvent, signalEvent, signalFilter } from '../../../shared/node/relays/signal-event.ts';
import { parseEvent } from '../../../shared/wire/nostr.ts';
import { PROPOSAL_LIFETIME_SEC } from '../../../shared/wire/proposal.ts';
import { proposalEvent } from '../../../shared/wire/proposal-event.ts';
import { BINDING, encodeStun } from '../../../shared/wire/stun/message.ts';
import { sampleProposal } from '../../fakes/proposal.ts';
import { RelaySocket, sourceAddress } from './socket.ts';

export interface ProvidersOptions {
  readonly relay: string;
  readonly stun: readonly { readonly address: string; readonly port: number }[];
  readonly first: number;
  readonly count: number;
}
export interface ProvidersReport {
  readonly asked: number;
  readonly answered: number;
  readonly signals: number;
}

/** As many nodes in each; a real network has more in some. */
export const COUNTRIES = ['DE', 'FR', 'JP', 'US', 'BR', 'SE', 'NL', 'IN', 'AU', 'CA'];
const AT_ONCE = 100;
const PING_MS = 30_000;
const STUN_MIN_MS = 20_000;
const STUN_SPREAD_MS = 5_000;
const RENEW_MS = (PROPOSAL_LIFETIME_SEC / 2) * 1000;
/** Bytes of m2 and m4 (docs/protocol/handshake.md). */
const ANSWERS: Readonly<Record<number, number>> = { 1: 1_432, 3: 22 };
const PING = 6;

const report = { asked: 0, answered: 0, signals: 0 };
const nowSec = (): number => Math.floor(Date.now() / 1000);
/** At a random phase: nobody started at the same second. */
function repeat(pause: () => number, run: () => void): void {
  const next = (wait: number): void => {
    setTimeout(() => {
      run();
      next(pause());
    }, wait);
  };
  next(pause() * Math.random());
}

async function join(nostr: Nostr, n: number, { relay, stun }: ProvidersOptions): Promise<void> {
  const from = sourceAddress(n);
  const secret = nostr.generateSecretKey();
  const self = nostr.publicKeyOf(secret);
  const account = address(`0x${n.toString(16).padStart(40, '0')}`);
  const country = COUNTRIES[n % COUNTRIES.length] ?? 'DE';
  const proposal = sampleProposal({ did: didOf(31337, account), payee: account, country });
  const socket = await RelaySocket.open(relay, from);
  const publish = () => socket.send(['EVENT', nostr.sign(proposalEvent(proposal, nowSec()), secret)]);
  let taken: () => void = () => {};
  const accepted = new Promise<void>((resolve) => {
    taken = resolve;
  });
  socket.onFrame = ([type, , third]) => {
    if (type === 'OK') return taken();
    if (type !== 'EVENT') return;
    const event = parseEvent(third);
    const signalled = event && readSignalEvent(event, self, nowSec());
    if (!event || !signalled || !nostr.verify(event)) return;
    report.signals++;
    const [kind = 0] = signalled.message;
    const bytes = kind === PING ? signalled.message.length : ANSWERS[kind];
    if (bytes === undefined) return;
    const answer = new Uint8Array(randomBytes(bytes));
    answer[0] = kind + 1;
    socket.send(['EVENT', nostr.sign(signalEvent(signalled.from, signalled.number, answer, nowSec()), secret)]);
  };
  socket.send(['REQ', 'in', signalFilter(self)]);
  publish();
  await accepted;
  repeat(
    () => PING_MS,
    () => socket.ping(),
  );
  repeat(() => RENEW_MS, publish);
  await keepMapping(from, stun);
}

async function keepMapping(from: string, servers: ProvidersOptions['stun']): Promise<void> {
  const socket: Socket = createSocket('udp4');
  socket.on('error', () => {});
  socket.on('message', () => {
    report.answered++;
  });
  socket.bind(0, from);
  await once(socket, 'listening');
  repeat(
    () => STUN_MIN_MS + Math.random() * STUN_SPREAD_MS,
    () => {
      for (const server of servers) {
        const transactionId = new Uint8Array(randomBytes(12));
        report.asked++;
        const question = { class: 'request', method: BINDING, transactionId, attributes: {} } as const;
        socket.send(encodeStun(question), server.port, server.address, () => {});
      }
    },
  );
}

async function main(options: ProvidersOptions): Promise<void> {
  process.on('message', () => process.send?.({ ...report }));
  process.on('disconnect', () => process.exit(0));
  const nostr = await loadNostr();
  const waiting = Array.from({ length: options.count }, (_, n) => options.first + n);
  const worker = async () => {
    for (let n = waiting.pop(); n !== undefined; n = waiting.pop()) await join(nostr, n, options);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  process.send?.({ joined: options.count });
}

if (import.meta.main) await main(JSON.parse(process.argv[2] ?? '{}') as ProvidersOptions);
