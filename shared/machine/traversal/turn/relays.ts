/**
 * Runs a `TurnClient` over real connections: opens and closes them as it says, gets its grants, and takes
 * the tunnel's packets past it once a channel is bound, for at full speed each of them counts.
 */
import { asWarrenError, type WarrenErrorData } from '../../../base/errors.ts';
import type { Ms } from '../../../base/units.ts';
import type { Clock, TransportAddress, TurnAccess, TurnConnection, Unsubscribe } from '../../../effects.ts';
import type { Candidate } from '../../../wire/candidate.ts';
import { looksLikeStun } from '../../../wire/stun/message.ts';
import { decodeChannelData, looksLikeChannelData } from '../../../wire/turn/channel-data.ts';
import { TURN_TRANSPORTS, type TurnTransportKind } from '../../../wire/turn/uri.ts';
import { type Driven, drive } from '../../drive.ts';
import type { BaseId, Random } from '../api.ts';
import { addressKey, candidatePriority } from '../candidates.ts';
import type { TurnInput, TurnOutput } from './api.ts';
import { TurnClient } from './client.ts';

/** How often the machine is told what went past it. */
const REPORT_EVERY: Ms = 200;

export interface RelayBase {
  readonly base: BaseId;
  /** One of each family at most. */
  readonly relayed: readonly TransportAddress[];
  readonly transport: TurnTransportKind;
}

/** Relayed addresses as candidates: streams are worth less than datagrams (RFC 8445 §5.1.2.1). */
export function relayCandidates({ relayed, transport }: RelayBase): Candidate[] {
  const rank = TURN_TRANSPORTS.indexOf(transport);
  return relayed.map(({ address, port }) => ({
    type: 'relay',
    address,
    port,
    priority: candidatePriority('relay', rank),
  }));
}

export interface RelayEvents {
  /** The bases that can be sent from now, the newest first; empty while there is none. */
  bases(bases: readonly RelayBase[]): void;
  /** A STUN packet of a peer, for whoever checks from this base. */
  stun(base: BaseId, packet: Uint8Array, from: TransportAddress): void;
  /** Any other packet of a peer; a view that is good until the handler returns. */
  data(base: BaseId, packet: Uint8Array, from: TransportAddress): void;
  failed(error: WarrenErrorData): void;
}

export interface Relays {
  /** Peers at this address may send to us. */
  permit(address: string): void;
  forget(address: string): void;
  /** Packets to this peer shall cost little from now on. */
  bind(base: BaseId, peer: TransportAddress): void;
  send(base: BaseId, packet: Uint8Array, to: TransportAddress): void;
  /** Doubt: is the relay still there? */
  wake(): void;
  /** Gives everything back. */
  stop(): void;
}

interface Line {
  readonly connection: TurnConnection;
  readonly forget: readonly Unsubscribe[];
  /** Bound channels both ways. */
  readonly numbers: Map<string, number>;
  readonly peers: Map<number, TransportAddress>;
  sent: number;
  received: number;
}

export function openRelays(
  world: { readonly turn: TurnAccess; readonly clock: Clock; readonly random: Random },
  events: RelayEvents,
): Relays {
  const { turn, clock } = world;
  const lines = new Map<BaseId, Line>();
  /** Bases that are being connected, or stand. */
  const wanted = new Set<BaseId>();
  let up: readonly RelayBase[] = [];
  let cancelReport: Unsubscribe | null = null;

  const driven: Driven<TurnInput> = drive<TurnInput, TurnOutput>(new TurnClient(world), clock, (output) => {
    switch (output.type) {
      case 'fetch':
        void fetchGrant();
        break;
      case 'open':
        wanted.add(output.base);
        void connect(output.base, output.server);
        break;
      case 'close':
        close(output.base);
        break;
      case 'send':
        lines.get(output.base)?.connection.send(output.packet);
        break;
      case 'up':
        up = [{ base: output.base, relayed: output.relayed, transport: output.server.transport }, ...up];
        events.bases(up);
        break;
      case 'down':
        up = up.filter(({ base }) => base !== output.base);
        events.bases(up);
        break;
      case 'bound':
        lines.get(output.base)?.numbers.set(addressKey(output.peer), output.channel);
        lines.get(output.base)?.peers.set(output.channel, output.peer);
        break;
      case 'data':
        deliver(output.base, output.packet, output.from);
        break;
      case 'failed':
        events.failed(output.error);
        break;
    }
  });

  async function fetchGrant(): Promise<void> {
    try {
      const { ttlSeconds, ...grant } = await turn.grant();
      driven.feed({ type: 'grant', grant: { ...grant, expiresAt: clock.now() + ttlSeconds * 1000 } });
    } catch (thrown) {
      driven.feed({ type: 'ungranted', error: asWarrenError(thrown).data() });
    }
  }

  async function connect(base: BaseId, server: Parameters<TurnAccess['connect']>[0]): Promise<void> {
    const connection = await turn.connect(server).catch(() => null);
    if (!connection || !wanted.has(base)) {
      connection?.close();
      driven.feed({ type: 'closed', base });
      return;
    }
    const forget = [
      connection.onMessage((message) => receive(base, line, message)),
      connection.onClosed(() => driven.feed({ type: 'closed', base })),
    ];
    const line: Line = { connection, forget, numbers: new Map(), peers: new Map(), sent: 0, received: 0 };
    lines.set(base, line);
    driven.feed({ type: 'connected', base });
  }

  function close(base: BaseId): void {
    wanted.delete(base);
    const line = lines.get(base);
    lines.delete(base);
    for (const forget of line?.forget ?? []) forget();
    line?.connection.close();
  }

  function receive(base: BaseId, line: Line, message: Uint8Array): void {
    const data = looksLikeChannelData(message) ? decodeChannelData(message) : null;
    const from = data && line.peers.get(data.channel);
    if (!data || !from) {
      driven.feed({ type: 'packet', base, packet: message });
      return;
    }
    line.received++;
    reportSoon();
    deliver(base, data.payload, from);
  }

  function deliver(base: BaseId, packet: Uint8Array, from: TransportAddress): void {
    if (looksLikeStun(packet)) events.stun(base, packet, from);
    else events.data(base, packet, from);
  }

  function reportSoon(): void {
    cancelReport ??= clock.after(REPORT_EVERY, () => {
      cancelReport = null;
      for (const [base, line] of lines) {
        const { sent, received } = line;
        line.sent = 0;
        line.received = 0;
        if (sent + received > 0) driven.feed({ type: 'flow', base, sent, received });
      }
    });
  }

  driven.feed({ type: 'start' });
  return {
    permit: (address) => driven.feed({ type: 'permit', address }),
    forget: (address) => driven.feed({ type: 'forget', address }),
    bind: (base, peer) => driven.feed({ type: 'bind', base, peer }),
    send(base, packet, to) {
      const line = lines.get(base);
      const channel = line?.numbers.get(addressKey(to));
      if (!line || channel === undefined) {
        driven.feed({ type: 'transmit', base, packet, to });
        return;
      }
      line.connection.sendOnChannel(channel, packet);
      line.sent++;
      reportSoon();
    },
    wake: () => driven.feed({ type: 'wake' }),
    stop() {
      cancelReport?.();
      driven.feed({ type: 'stop' });
      driven.stop();
      for (const base of [...wanted]) close(base);
    },
  };
}
