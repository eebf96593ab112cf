/** Plays one cell: both ends gather, learn of each other in the order of the handshake, and are watched. */

import type { TransportAddress } from '../../shared/effects.ts';
import type { Candidate } from '../../shared/wire/candidate.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import type { LabProcess } from '../lab/process.ts';
import { expected, meets } from './expected.ts';
import type { Lane } from './field.ts';
import type { KindName, Way } from './kinds.ts';
import type { Order, Said } from './protocol.ts';

export interface Cell {
  readonly client: KindName;
  readonly provider: KindName;
  readonly expected: Way;
  readonly got: Way;
  /** From the peer's candidates to the first datagram that went over the final path and came back; null: none did. */
  readonly ms: number | null;
  /** The same over whatever path there was first. */
  readonly firstMs: number | null;
  /** What was said when it did not go as theory has it. */
  readonly why: string | null;
}

const GATHER_LIMIT_MS = 8_000;
/** Birthday probing and retries from the relay included. */
const PATH_LIMIT_MS = 20_000;

/** Waits on one agent's reports in their order. */
class Ear {
  readonly #agent: LabProcess;
  readonly heard: Said[] = [];
  #look: () => void = () => {};
  #follow: (said: Said) => void = () => {};
  readonly #listen = (said: Said): void => {
    this.heard.push(said);
    this.#follow(said);
    this.#look();
  };

  constructor(agent: LabProcess) {
    this.#agent = agent;
    agent.child.on('message', this.#listen);
  }

  /** Hands on everything that was and will be said. */
  follow(hear: (said: Said) => void): void {
    this.#follow = hear;
    for (const said of this.heard) hear(said);
  }

  tell(order: Order): void {
    this.#agent.child.send(order);
  }

  /** Resolves with what `find` gives once it is not null; null when the time is over or the agent is gone. */
  async until<T>(find: (heard: readonly Said[]) => T | null, limitMs: number): Promise<T | null> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<T | null>((resolve) => {
        timer = setTimeout(() => resolve(null), limitMs);
        void this.#agent.exited.then(() => resolve(null));
        this.#look = () => {
          const found = find(this.heard);
          if (found !== null) resolve(found);
        };
        this.#look();
      });
    } finally {
      clearTimeout(timer);
      this.#look = () => {};
    }
  }

  end(): void {
    this.#agent.child.off('message', this.#listen);
  }
}

const candidatesOf = (heard: readonly Said[]): readonly Candidate[] | null =>
  heard.findLast((said) => said.say === 'gathered')?.candidates ?? null;

export async function playCell(
  lane: Lane,
  profile: NetworkProfile,
  client: KindName,
  provider: KindName,
): Promise<Cell> {
  const wanted = expected(client, provider);
  const agents = await lane.prepare(client, provider);
  const ears = { client: new Ear(agents.client), provider: new Ear(agents.provider) };
  try {
    ears.client.tell({ do: 'open', role: 'client', profile });
    ears.provider.tell({ do: 'open', role: 'provider', profile });
    const [, theirs] = await Promise.all([
      ears.client.until(candidatesOf, GATHER_LIMIT_MS),
      ears.provider.until(candidatesOf, GATHER_LIMIT_MS),
    ]);
    // m2 carries the provider's candidates, m3 the client's: the client always begins.
    ears.client.tell({ do: 'check', remote: theirs ?? [] });
    await ears.client.until((heard) => heard.find(({ say }) => say === 'checking') ?? null, GATHER_LIMIT_MS);
    ears.provider.tell({ do: 'check', remote: candidatesOf(ears.client.heard) ?? [] });
    // What the client finds of itself from now on goes through the rendezvous.
    const control = openControl(ears.client);
    ears.client.follow((said) => {
      if (said.say === 'roam') ears.provider.tell({ do: 'roamed', remote: said.candidates });
      if (said.say === 'flows') control.stands();
    });
    ears.provider.follow((said) => {
      if (said.say === 'moved') control.moved(said.remote);
    });
    const flow = await ears.client.until((heard) => finalFlow(heard, wanted), PATH_LIMIT_MS);
    const flows = ears.client.heard.filter((said) => said.say === 'flows');
    const last = flow ?? flows.at(-1);
    const got = last?.kind ?? 'none';
    const why = meets(got, wanted) ? null : explain(ears.client.heard, ears.provider.heard);
    return { client, provider, expected: wanted, got, ms: last?.ms ?? null, firstMs: flows[0]?.ms ?? null, why };
  } finally {
    const closing = Object.values(ears).map((ear) => {
      ear.tell({ do: 'close' });
      return ear.until((heard) => heard.find(({ say }) => say === 'closed') ?? null, GATHER_LIMIT_MS);
    });
    await Promise.all(closing);
    for (const ear of Object.values(ears)) ear.end();
  }
}

/** What the control connection carries of the provider's words: none before the first path does, then the newest. */
function openControl(client: Ear): { stands(): void; moved(remote: TransportAddress): void } {
  let standing = false;
  let newest: TransportAddress | null = null;
  const tell = () => {
    if (standing && newest) client.tell({ do: 'moved', remote: newest });
  };
  return {
    stands() {
      standing = true;
      tell();
    },
    moved(remote) {
      newest = remote;
      tell();
    },
  };
}

/** A path as good as theory promises; or the word that there is none. */
function finalFlow(heard: readonly Said[], wanted: Way): Extract<Said, { say: 'flows' }> | undefined | null {
  const good = heard.find((said) => said.say === 'flows' && meets(said.kind, wanted));
  if (good?.say === 'flows') return good;
  const over = heard.some(({ say }) => say === 'failed') && !heard.some(({ say }) => say === 'flows');
  return over ? undefined : null;
}

function explain(client: readonly Said[], provider: readonly Said[]): string {
  const tell = (heard: readonly Said[]): string =>
    heard
      .map((said) => {
        if (said.say === 'failed') return `failed ${said.code}: ${said.message}`;
        if (said.say === 'nominated' || said.say === 'flows')
          return `${said.say} ${said.kind} ${said.ms.toFixed(0)} ms`;
        if (said.say !== 'gathered') return said.say;
        return `${said.nat.mapping} ${said.candidates.map((c) => `${c.type} ${c.address}:${c.port}`).join(', ')}`;
      })
      .join('; ');
  return `client: ${tell(client)} | provider: ${tell(provider)}`;
}
