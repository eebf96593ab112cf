/**
 * In which order and when servers are tried: UDP at once; TCP and TLS join where UDP has been silent
 * for half a second, as it is where a network lets none through (RFC 8305 does the same for addresses).
 */
import type { Ms } from '../../../base/units.ts';
import type { TurnServer } from '../../../wire/turn/uri.ts';
import type { Deadline } from '../../machine.ts';

/** Between two servers of one kind; streams cost the server nothing until they ask for an address. */
const STAGGER: Ms = 250;
const STREAM_STAGGER: Ms = 80;
const STREAMS_AFTER: Ms = 500;
const MAX_SERVERS = 6;
const MAX_REDIRECTS = 2;

export class Race {
  #planned: { readonly server: TurnServer; readonly at: Ms }[];
  #redirects = 0;

  constructor(servers: readonly TurnServer[], now: Ms) {
    const datagrams = servers.filter(({ transport }) => transport === 'udp');
    const streams = servers.filter(({ transport }) => transport !== 'udp');
    const from = datagrams.length > 0 ? now + STREAMS_AFTER : now;
    this.#planned = [
      ...datagrams.map((server, i) => ({ server, at: now + i * STAGGER })),
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

  get over(): boolean {
    return this.#planned.length === 0;
  }

  deadline(): Deadline | null {
    const [first] = this.#planned;
    return first ? { at: first.at, why: 'try the next TURN server' } : null;
  }
}
