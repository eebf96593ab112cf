/**
 * Sessions since the browser started, made from snapshots: who, since when, how much, how fast. Held in
 * memory only. Pure.
 */
import type { Did } from '../../shared/base/units.ts';
import type { Exit } from '../../shared/wire/native.ts';
import type { Ended } from './book-notes.ts';

export const MAX_SESSIONS = 50;
/** A speed is what came in over this long, so that one burst out of a buffer does not count. */
const WINDOW_MS = 5_000;
const LEAST_MS = 4_000;
/** With less in the window than this it is the page that was slow, not the line. */
const LEAST_BYTES = 1_000_000;

export interface Session {
  readonly did: Did;
  readonly exitId: string;
  /** Epoch ms; the end is null while it lasts. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly down: number;
  readonly up: number;
  readonly spent: bigint;
  /** Best speed over `WINDOW_MS`, bytes a second. */
  readonly top: number | null;
  readonly rttMs: number | null;
  readonly reach: Ended['reach'];
  readonly window: readonly { readonly at: number; readonly down: number }[];
}

export interface Followed {
  /** Newest first. */
  readonly sessions: readonly Session[];
  readonly begun: readonly NonNullable<Exit['node']>[];
  readonly ended: readonly Ended[];
}

type Up = Exit & { readonly node: NonNullable<Exit['node']> };

/** @param exits of the newest snapshot; none when the host is gone. */
export function follow(sessions: readonly Session[], exits: readonly Exit[], now: number): Followed {
  const up = exits.filter((exit): exit is Up => (exit.phase === 'up' || exit.phase === 'gated') && exit.node !== null);
  const begun: NonNullable<Exit['node']>[] = [];
  const ended: Ended[] = [];
  const next = sessions.map((session) => {
    if (session.endedAt !== null) return session;
    const exit = up.find((candidate) => isOf(candidate, session));
    if (exit) return grown(session, exit, now);
    ended.push({ ...session, bytes: session.down + session.up });
    return { ...session, endedAt: now, window: [] };
  });
  for (const exit of up) {
    if (next.some((session) => session.endedAt === null && isOf(exit, session))) continue;
    begun.push(exit.node);
    const startedAt = exit.upAt ?? exit.since;
    const blank = { did: exit.node.did, exitId: exit.exitId, startedAt, endedAt: null, top: null, window: [] };
    next.unshift(grown({ ...blank, down: 0, up: 0, spent: 0n, rttMs: null, reach: null }, exit, now));
  }
  return { sessions: next.slice(0, MAX_SESSIONS), begun, ended };
}

function isOf(exit: Up, session: Session): boolean {
  return (
    exit.exitId === session.exitId &&
    exit.node.did === session.did &&
    (exit.upAt ?? session.startedAt) === session.startedAt
  );
}

function grown(session: Session, exit: Up, now: number): Session {
  const recent = session.window.filter(({ at }) => now - at <= WINDOW_MS);
  const [oldest] = recent;
  const took = oldest ? now - oldest.at : 0;
  const came = oldest ? exit.rxBytes - oldest.down : 0;
  const measured = took >= LEAST_MS && came >= LEAST_BYTES ? Math.round((came * 1000) / took) : null;
  return {
    ...session,
    down: exit.rxBytes,
    up: exit.txBytes,
    spent: exit.spentSession,
    top: measured === null ? session.top : Math.max(measured, session.top ?? 0),
    rttMs: exit.path?.rttMs ?? session.rttMs,
    reach: exit.path ? { kind: exit.path.kind, remote: exit.path.remote } : session.reach,
    window: [...recent, { at: now, down: exit.rxBytes }],
  };
}
