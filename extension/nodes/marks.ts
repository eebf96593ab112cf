/** Nodes as marks on the map: one a country, and those too near to each other to be pressed one by one as one. Pure. */
import type { NodeView } from '../messages.ts';
import { placeOf } from './places.ts';
import { type Box, type Point, project } from './projection.ts';

/** From measured latency; `unknown` while unmeasured or gone. */
export type Pace = 'fast' | 'fair' | 'slow' | 'unknown';
export const FAST_MS = 60;
export const FAIR_MS = 150;

export interface Mark extends Point {
  /** Most nodes first. */
  readonly countries: readonly string[];
  readonly nodes: number;
  /** Of the nearest node that answers, ms. */
  readonly latencyMs: number | null;
}

export function paceOf(latencyMs: number | null): Pace {
  if (latencyMs === null) return 'unknown';
  return latencyMs <= FAST_MS ? 'fast' : latencyMs <= FAIR_MS ? 'fair' : 'slow';
}

/**
 * @param apart marks stand at least so far from each other, in units of the map.
 * @returns from west to east, the way a reader goes through them.
 */
export function marksOf(nodes: readonly NodeView[], box: Box, apart: number): Mark[] {
  const marks: Mark[] = [];
  for (const mark of byCountry(nodes).filter((mark) => isIn(mark, box))) {
    const near = marks.findIndex((other) => Math.hypot(other.x - mark.x, other.y - mark.y) < apart);
    if (near < 0) marks.push(mark);
    else marks[near] = joined(marks[near] as Mark, mark);
  }
  return marks.sort((a, b) => a.x - b.x || a.y - b.y);
}

/** One mark a country, those with most nodes first; what the map does not know has none. */
function byCountry(nodes: readonly NodeView[]): Mark[] {
  const groups = Map.groupBy(nodes, ({ country }) => country);
  return [...groups]
    .flatMap(([country, group]) => {
      const place = placeOf(country);
      if (!place) return [];
      const answered = group.flatMap(({ online, latencyMs }) => (online && latencyMs !== null ? [latencyMs] : []));
      const latencyMs = answered.length === 0 ? null : Math.min(...answered);
      return [{ ...project(place.lon, place.lat), countries: [country], nodes: group.length, latencyMs }];
    })
    .sort((a, b) => b.nodes - a.nodes || a.x - b.x);
}

function joined(a: Mark, b: Mark): Mark {
  const latencies = [a.latencyMs, b.latencyMs].filter((ms) => ms !== null);
  return {
    x: a.x,
    y: a.y,
    countries: [...a.countries, ...b.countries],
    nodes: a.nodes + b.nodes,
    latencyMs: latencies.length === 0 ? null : Math.min(...latencies),
  };
}

function isIn({ x, y }: Point, box: Box): boolean {
  return x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/** The nearest mark in a direction; what lies off the line counts double. The same one when there is none. */
export function neighbour(marks: readonly Point[], from: number, direction: Direction): number {
  const here = marks[from];
  if (!here) return 0;
  let best = from;
  let least = Number.POSITIVE_INFINITY;
  for (const [at, { x, y }] of marks.entries()) {
    const along = { left: here.x - x, right: x - here.x, up: here.y - y, down: y - here.y }[direction];
    const across = direction === 'left' || direction === 'right' ? y - here.y : x - here.x;
    const far = along + 2 * Math.abs(across);
    if (along > 0 && far < least) {
      least = far;
      best = at;
    }
  }
  return best;
}
