/** What the matrix gives: one row per cell, over one try or many, and what is written to a file. */
import type { Cell } from './cell.ts';
import { meets } from './expected.ts';
import type { Journey } from './journeys.ts';
import type { KindName, Way } from './kinds.ts';

export interface Result {
  readonly client: KindName;
  readonly provider: KindName;
  readonly expected: Way;
  /** The worst of all tries. */
  readonly got: Way;
  /** Median over the tries that met the expectation (all tries where none did); null: nothing ever arrived. */
  readonly ms: number | null;
  /** The same for the first path of all, which may be the relay. */
  readonly firstMs: number | null;
  readonly tries: number;
  /** Tries as good as theory promises, or better. */
  readonly met: number;
  readonly why: string | null;
}

export function median(numbers: readonly number[]): number | null {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

export function summed(cells: readonly [Cell, ...Cell[]]): Result {
  const { client, provider, expected } = cells[0];
  const good = cells.filter(({ got }) => meets(got, expected));
  const worst = cells.reduce((a, b) => (meets(b.got, a.got) ? a : b));
  const times = (pick: (cell: Cell) => number | null): number | null => {
    const known = (good.length > 0 ? good : cells).map(pick).filter((ms) => ms !== null);
    const middle = median(known);
    return middle === null ? null : Math.round(middle * 10) / 10;
  };
  return {
    client,
    provider,
    expected,
    got: worst.got,
    ms: times(({ ms }) => ms),
    firstMs: times(({ firstMs }) => firstMs),
    tries: cells.length,
    met: good.length,
    why: worst.why,
  };
}

export function toJson(results: readonly Result[], journeys: readonly Journey[]): string {
  const cells = results.map((result) => `    ${JSON.stringify(result)}`);
  const whole = journeys.map((journey) => `    ${JSON.stringify(journey)}`);
  return `{\n  "cells": [\n${cells.join(',\n')}\n  ],\n  "journeys": [\n${whole.join(',\n')}\n  ]\n}\n`;
}

/** Whole cells that met the expectation often enough: all of one try, 98 % of many. */
export const passes = ({ tries, met }: Result): boolean => met >= tries * 0.98;
