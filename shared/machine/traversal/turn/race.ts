/**
 * In which order and when servers are tried: UDP at once; TCP and TLS join where UDP has been silent
 * for half a second, as it is where a network lets none through (RFC 8305 does the same for addresses).
 * Where it was silent before they begin.
 */
import type { Ms } from '../../../base/units.ts';
import type { TurnServer } from '../../../wire/turn/uri.ts';
import type { Deadline } from '../../machine.ts';

/** Between two servers of one kind; streams cost the server nothing until they ask for an address. */
const STAGGER: Ms = 250;
const STREAM_STAGGER: Ms = 80;
const STREAMS_AFTER: Ms = 500;
/** Where the address in use is silent over UDP, another one over UDP is of use only if our socket is at fault. */
const SILENT_AFTER: Ms = 300;
const MAX_SERVERS = 6;
const MAX_REDIRECTS = 2;

export class Race {
  #planned: { readonly server: TurnServer; readonly at: Ms }[];
  #redirects = 0;

  /** @param udpSilent an address that was asked for over UDP gets no answer any more. */
  constructor(servers: readonly TurnServer[], now: Ms, udpSilent: boolean) {
    const datagrams = servers.filter(({ transport }) => transport === 'udp');
    const streams = servers.filter(({ transport }) => transport !== 'udp');
    const first = udpSilent && streams.length > 0 ? now + SILENT_AFTER : now;
    const from = udpSilent || datagrams.length === 0 ? now : now + STREAMS_AFTER;
    this.#planned = [
      ...datagrams.map((server, i) => ({ server, at: first + i * STAGGER })),
      ...streams.map((server, i) => ({ server, at: from + i * STREAM_STAGGER })),
    ]
      .sort((a, b) => a.at - b.at)
      .slice(0, MAX_SERVERS);
  }

  /** The servers whose turn it is. @param idle nobody is being tried: the next one need not wait. */
  due(now: Ms, idle: boolean): readonly TurnServer[] {
    const due = this.#planned.filter(({ at }, i) => at <= now || (idle && i === 0));
    this.#planned = this.#planned.filter((entry) => !due.includes(entry));
    return due.map(({ server }) => server);
  }

  /** The server named another one (RFC 8489 §10). */
  redirect(server: TurnServer, now: Ms): void {
    if (this.#redirects++ < MAX_REDIRECTS) this.#planned.unshift({ server, at: now });
  }

  /** One stream is enough; a datagram is better than it. */
  dropStreams(): void {
    this.#planned = this.#planned.filter(({ server }) => server.transport === 'udp');
  }

  get over(): boolean {
    return this.#planned.length === 0;
  }

  deadline(): Deadline | null {
    const [first] = this.#planned;
    return first ? { at: first.at, why: 'try the next TURN server' } : null;
  }
}
