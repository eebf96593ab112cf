/**
 * The drawing of docs/PROTOCOL.md against the code: two peers are led through thousands of situations, and
 * every change of state that they make has to be in it, and every one that is in it has to be made.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { drive } from '../../../shared/machine/drive.ts';
import type { Machine, Tick } from '../../../shared/machine/machine.ts';
import type { ChecksInput, ChecksOptions, ChecksOutput } from '../../../shared/machine/traversal/api.ts';
import { MAIN } from '../../../shared/machine/traversal/bases.ts';
import { localCandidates, onBase } from '../../../shared/machine/traversal/candidates.ts';
import { Checks } from '../../../shared/machine/traversal/checks.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { credentialsOf } from '../../fakes/credentials.ts';
import { createNetwork, type NatKind } from '../../fakes/datagrams.ts';
import { createFakeRandom } from '../../fakes/random.ts';

const HOME: NatKind = {
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  keepsPort: true,
};
const WALKS = 60;
const STEPS = 40;

/** `from --> to` → the inputs that do it. */
type Drawing = Map<string, Set<string>>;

class Recorder implements Machine<ChecksInput, ChecksOutput> {
  readonly #checks: Checks;
  readonly #seen: Drawing;

  constructor(options: ChecksOptions, seen: Drawing) {
    this.#checks = new Checks(options);
    this.#seen = seen;
  }

  handle(input: ChecksInput | Tick, now: number): readonly ChecksOutput[] {
    const before = this.#checks.state;
    const outputs = this.#checks.handle(input, now);
    const edge = `${before} --> ${this.#checks.state}`;
    if (this.#checks.state !== before) this.#seen.set(edge, (this.#seen.get(edge) ?? new Set()).add(input.type));
    return outputs;
  }

  deadline() {
    return this.#checks.deadline();
  }
}

/** One life of two peers behind two NATs, in which the dice decide what befalls them. */
function walk(seed: number, seen: Drawing): void {
  const clock = createFakeClock();
  const internet = createNetwork(clock, 10);
  const random = createFakeRandom(seed);
  const dice = (sides: number): number => (random(1)[0] ?? 0) % sides;
  const places = (['90.0.0.7', '84.128.0.9'] as const).map((address, n) => {
    const socket = internet.nat(address, HOME).socket(`192.168.${n + 1}.2`, 5000);
    // An address of its own that nobody reaches: what is better than the pair that works is waited for.
    const hosts = [socket.local, { address: `${address}7`, port: 5000 }];
    return { socket, candidates: localCandidates(hosts, [{ address, port: 5000 }]) };
  });
  const peers = places.map(({ socket, candidates }, n) => {
    const role = n === 0 ? 'controlling' : 'controlled';
    const local = onBase(MAIN, candidates);
    const remote = places[1 - n]?.candidates ?? [];
    const options = {
      role,
      credentials: credentialsOf(role),
      local,
      remote,
      random: createFakeRandom(seed + n),
    } as const;
    const driven = drive<ChecksInput, ChecksOutput>(new Recorder(options, seen), clock, (output) => {
      if (output.type === 'send') socket.send(output.packet, output.to);
    });
    socket.onPacket((packet, from) => driven.feed({ type: 'packet', packet, from, base: MAIN }));
    return { driven, local };
  });
  const inputs = (local: ReturnType<typeof onBase>): readonly ChecksInput[] => [
    { type: 'start' },
    { type: 'doubt' },
    { type: 'probe' },
    { type: 'heard' },
    { type: 'restart' },
    { type: 'offline', offline: true },
    { type: 'offline', offline: false },
    { type: 'candidates', side: 'local', candidates: [] },
    { type: 'candidates', side: 'local', candidates: local },
    { type: 'prefer', base: MAIN, remote: null },
  ];
  for (let step = 0; step < STEPS; step++) {
    const peer = peers[dice(2)];
    if (step < 2) peers[step]?.driven.feed({ type: 'start' });
    const what = dice(16);
    if (what < 6) clock.advance([50, 400, 2_000, 7_000, 9_000, 16_000][what] ?? 0);
    else if (what < 8) internet.lose(what === 6 ? () => true : null);
    else if (what === 8 && dice(4) === 0) peer?.driven.feed({ type: 'stop' });
    else if (peer) {
      const all = inputs(peer.local);
      peer.driven.feed(all[dice(all.length)] ?? { type: 'heard' });
    }
  }
}

/** The lines `from --> to: input, input` of the first Mermaid drawing under the heading. */
function drawn(): Drawing {
  const page = readFileSync(new URL('../../../docs/PROTOCOL.md', import.meta.url), 'utf8');
  const drawing = /## The states of a path[\s\S]*?```mermaid\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const edges = [...drawing.matchAll(/^\s*(\w+ --> \w+): (.+)$/gm)];
  return new Map(edges.map(([, edge = '', inputs = '']) => [edge, new Set(inputs.split(', '))]));
}

const lines = (drawing: Drawing): string[] =>
  [...drawing].map(([edge, inputs]) => `${edge}: ${[...inputs].toSorted().join(', ')}`).toSorted();

test('the states of a path are as they are drawn', () => {
  const seen: Drawing = new Map();
  for (let seed = 1; seed <= WALKS; seed++) walk(seed, seen);
  expect(lines(seen)).toEqual(lines(drawn()));
});
