import { beforeEach, describe, expect, test } from 'vitest';
import type { Datagrams } from '../../../shared/effects.ts';
import { Bases, MAIN } from '../../../shared/machine/traversal/bases.ts';
import {
  BIRTHDAY_AFTER,
  BIRTHDAY_PROBES,
  BIRTHDAY_SOCKETS,
  Birthday,
  type BirthdayOutput,
} from '../../../shared/machine/traversal/birthday/birthday.ts';
import { openDoors } from '../../../shared/machine/traversal/birthday/doors.ts';
import { portsToTry } from '../../../shared/machine/traversal/birthday/ports.ts';
import { localCandidates } from '../../../shared/machine/traversal/candidates.ts';
import type { Candidate } from '../../../shared/wire/candidate.ts';
import { decodeStun } from '../../../shared/wire/stun/message.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { credentialsOf } from '../../fakes/credentials.ts';
import { createNetwork } from '../../fakes/datagrams.ts';
import { createFakeRandom } from '../../fakes/random.ts';

const at = (address: string, ...ports: readonly number[]): Candidate[] =>
  localCandidates(
    [{ address: '192.168.1.2', port: 5000 }],
    ports.map((port) => ({ address, port })),
  );
const HARD = at('90.0.0.7', 40_000, 51_000);
const COUNTING = at('90.0.0.7', 40_000, 40_001);
const EASY = at('84.128.0.9', 5000);

let clock: FakeClock;
beforeEach(() => {
  clock = createFakeClock();
});

function probes(
  local: readonly Candidate[],
  remote: readonly Candidate[],
  forMs = 10_000,
): (BirthdayOutput & { at: number })[] {
  const machine = new Birthday({
    role: 'controlling',
    credentials: credentialsOf('controlling'),
    local,
    remote,
    random: createFakeRandom(1),
  });
  const out: (BirthdayOutput & { at: number })[] = [];
  let now = 0;
  const keep = (outputs: readonly BirthdayOutput[]) => out.push(...outputs.map((output) => ({ ...output, at: now })));
  keep(machine.handle({ type: 'start' }, now));
  for (let next = machine.deadline(); next && next.at <= forMs; next = machine.deadline()) {
    now = next.at;
    keep(machine.handle({ type: 'tick' }, now));
  }
  return out;
}

describe('who probes', () => {
  test('a hard home sends from 256 sockets to the one address of an easy one', () => {
    const sent = probes(HARD, EASY);
    expect(sent.map(({ socket }) => socket)).toEqual(Array.from({ length: BIRTHDAY_SOCKETS }, (_, n) => n));
    expect(new Set(sent.map(({ to }) => `${to.address}:${to.port}`))).toEqual(new Set(['84.128.0.9:5000']));
    expect(decodeStun(sent[0]?.packet ?? new Uint8Array())?.attributes.username).toBe('provider1:client1');
  });

  test('an easy one tries 2,048 different ports of the hard one, from its own socket', () => {
    const sent = probes(EASY, HARD);
    expect(sent).toHaveLength(BIRTHDAY_PROBES);
    expect(sent.every(({ socket, to }) => socket === null && to.address === '90.0.0.7' && to.port >= 1024)).toBe(true);
    expect(new Set(sent.map(({ to }) => to.port)).size).toBe(BIRTHDAY_PROBES);
  });

  test('two easy ones, and two hard ones, leave it to ordinary checks', () => {
    expect(probes(EASY, at('90.0.0.7', 5000))).toEqual([]);
    expect(probes(HARD, at('84.128.0.9', 1, 2))).toEqual([]);
    expect(probes(at('', ...[]), HARD)).toEqual([]);
  });
});

describe('bounds', () => {
  test('nothing before ordinary checks have had their time, and never more than 500 a second', () => {
    for (const sent of [probes(EASY, HARD), probes(HARD, EASY)]) {
      expect(sent[0]?.at).toBe(BIRTHDAY_AFTER);
      for (const { at: from } of sent)
        expect(sent.filter((probe) => probe.at >= from && probe.at < from + 1_000).length).toBeLessThanOrEqual(500);
    }
  });

  test('a machine that slept does not make up for it', () => {
    const machine = new Birthday({
      role: 'controlled',
      credentials: credentialsOf('controlled'),
      local: EASY,
      remote: HARD,
      random: createFakeRandom(1),
    });
    machine.handle({ type: 'start' }, 0);
    expect(machine.handle({ type: 'tick' }, 60_000).length).toBeLessThanOrEqual(10);
    expect(machine.handle({ type: 'tick' }, 60_001).length).toBeLessThanOrEqual(10);
    expect(machine.handle({ type: 'stop' }, 60_002)).toEqual([]);
    expect(machine.deadline()).toBeNull();
  });

  test('a counting NAT is met at its next ports first', () => {
    const ports = portsToTry([40_000, 40_003], createFakeRandom(2));
    expect(Array.from({ length: 5 }, () => ports.next().value)).toEqual([40_004, 40_005, 40_006, 40_007, 40_008]);
    expect(probes(EASY, COUNTING)[0]?.to.port).toBe(40_002);
    const atTheEnd = portsToTry([65_530, 65_533], createFakeRandom(2));
    expect([atTheEnd.next().value, atTheEnd.next().value]).toEqual([65_534, 65_535]);
    expect(atTheEnd.next().value).toBeLessThanOrEqual(65_535);
  });
});

describe('on sockets', () => {
  function doors() {
    const internet = createNetwork(clock);
    const stranger = internet.socket('84.128.0.66', 5000);
    const easy = internet.socket('84.128.0.9', 5000);
    const bases = new Bases();
    const opened: Datagrams[] = [];
    const received: string[] = [];
    const handle = openDoors(
      {
        clock,
        random: createFakeRandom(3),
        async openDatagrams() {
          const socket = internet.socket('90.0.0.7', 20_000 + opened.length);
          opened.push(socket);
          return socket;
        },
      },
      {
        role: 'controlling',
        credentials: credentialsOf('controlling'),
        local: HARD,
        remote: EASY,
        bases,
        name: 'door-',
        receive: (base) => received.push(base),
      },
    );
    return { stranger, easy, bases, opened, received, handle };
  }
  const settle = async () => {
    for (let n = 0; n < 20; n++) await Promise.resolve();
  };

  test('a socket on which the peer is heard becomes a base; a stranger makes none', async () => {
    const { stranger, easy, bases, opened, received, handle } = doors();
    clock.advance(BIRTHDAY_AFTER + 100);
    await settle();
    expect(opened.length).toBeGreaterThan(40);
    stranger.send(Uint8Array.of(1), { address: '90.0.0.7', port: 20_005 });
    easy.send(Uint8Array.of(2), { address: '90.0.0.7', port: 20_007 });
    clock.advance(20);
    expect(received).toEqual(['door-7']);
    expect(bases.local.map(({ base }) => base)).toEqual(['door-7']);
    expect(handle.portOf('door-7')).toBe(20_007);
    expect(handle.portOf(MAIN)).toBeNull();
  });

  test('once a pair works only the socket that was hit stays open, and close gives back all', async () => {
    const { easy, bases, opened, received, handle } = doors();
    clock.advance(BIRTHDAY_AFTER + 100);
    await settle();
    easy.send(Uint8Array.of(2), { address: '90.0.0.7', port: 20_007 });
    clock.advance(20);
    handle.found();
    await settle();
    const before = opened.length;
    clock.advance(2_000);
    await settle();
    expect(opened.length).toBe(before);
    for (const port of [20_003, 20_007]) easy.send(Uint8Array.of(2), { address: '90.0.0.7', port });
    clock.advance(20);
    expect(received).toEqual(['door-7', 'door-7']);
    await handle.close();
    expect(bases.local).toEqual([]);
    easy.send(Uint8Array.of(2), { address: '90.0.0.7', port: 20_007 });
    clock.advance(20);
    expect(received).toHaveLength(2);
  });
});
