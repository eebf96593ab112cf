/**
 * The four words that Warren says about itself, derived and never stored: it must not be possible to
 * show "protected" while anything else is so. Pure.
 */
import type { Exit } from '../../shared/wire/native.ts';

/** off = not protected. */
export type ProtectionState = 'off' | 'connecting' | 'protected' | 'blocked';

export type HostStatus =
  | 'asleep'
  | 'starting'
  | 'ready'
  | 'missing'
  | 'tooOld'
  /** The host speaks a newer protocol than this extension. */
  | 'tooNew'
  | 'broken';

export type ApplyStatus =
  | 'off'
  | 'applied'
  /** Another extension or a policy owns the proxy settings. */
  | 'conflict'
  /** Ours, and yet WebRTC or prefetching may go beside it: another extension or a policy wants it so. */
  | 'exposed'
  /** Firefox without "Run in Private Windows": the dead floor could not be laid. */
  | 'noFloor';

export interface Facts {
  readonly wanted: boolean;
  readonly applied: ApplyStatus;
  readonly host: HostStatus;
  /** The exit is up, and a request of our own did not arrive there. */
  readonly astray: boolean;
  readonly wantedExits: readonly string[];
  readonly exits: readonly Pick<Exit, 'exitId' | 'phase' | 'proxy' | 'error'>[];
}

export interface Protection {
  readonly state: ProtectionState;
  readonly why: 'asked' | 'conflict' | 'exposed' | 'astray' | 'host' | 'exit' | 'working' | 'up';
  readonly up: number;
  readonly total: number;
}

const WORKING: readonly Exit['phase'][] = ['discovering', 'funding', 'shaking', 'traversing', 'tunnelling'];

/** The worst exit decides: with one of two down, some of the user's sites do not load, and we say so. */
export function protectionOf(facts: Facts): Protection {
  const total = facts.wantedExits.length;
  if (!facts.wanted || facts.applied === 'off') return { state: 'off', why: 'asked', up: 0, total };
  if (facts.applied === 'conflict' || facts.applied === 'exposed')
    return { state: 'off', why: facts.applied, up: 0, total };
  if (facts.astray) return { state: 'off', why: 'astray', up: 0, total };
  if (facts.host === 'starting' || facts.host === 'asleep')
    return { state: 'connecting', why: 'working', up: 0, total };
  if (facts.host !== 'ready') return { state: 'blocked', why: 'host', up: 0, total };
  const states = facts.wantedExits.map((id) => exitState(facts.exits.find((exit) => exit.exitId === id)));
  const up = states.filter((state) => state === 'protected').length;
  if (states.includes('blocked')) return { state: 'blocked', why: 'exit', up, total };
  if (states.includes('connecting') || total === 0) return { state: 'connecting', why: 'working', up, total };
  return { state: 'protected', why: 'up', up, total };
}

/** An exit that the host has not named yet is being worked on. */
export function exitState(
  exit: { phase: Exit['phase']; proxy: object | null } | undefined,
): Exclude<ProtectionState, 'off'> {
  if (!exit || WORKING.includes(exit.phase)) return 'connecting';
  return exit.phase === 'up' && exit.proxy !== null ? 'protected' : 'blocked';
}
