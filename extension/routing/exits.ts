/** Which exits the rules need, and which exit an action means. Pure. */
import { parseDid } from '../../shared/base/units.ts';
import type { DownInput } from '../../shared/wire/native.ts';
import { type Action, activeRules, type ExitRef, MAX_EXITS, type RouteTable } from './rules.ts';

export type ExitWantInput = Extract<DownInput, { type: 'intent' }>['exits'][number];

export interface ExitPlan {
  /** In order of need; the default exit first, so it is up first. */
  readonly wants: readonly ExitWantInput[];
  /** Exit of this action, or null for `direct`, `block`, and exits beyond the host's limit. */
  readonly exitOf: (action: Action) => string | null;
  readonly defaultExitId: string;
}

/** Made once per table: every view and every snapshot asks. */
function oncePerTable<T extends object>(make: (table: RouteTable) => T): (table: RouteTable) => T {
  const made = new WeakMap<RouteTable, T>();
  return (table) => {
    const known = made.get(table) ?? make(table);
    made.set(table, known);
    return known;
  };
}

/**
 * A rule for a country is met by a node that is wanted anyway in that country (the default first):
 * one tunnel and one deposit instead of two.
 */
export const planExits = oncePerTable(makePlan);

function makePlan(table: RouteTable): ExitPlan {
  const used = [table.defaultExit, ...activeRules(table).map((rule) => rule.action), table.otherwise];
  const byCountry = new Map<string, string>();
  const byId = new Map<string, Extract<ExitRef, { kind: 'node' }>>();
  for (const ref of used) {
    if (ref.kind !== 'node') continue;
    const id = idOf(ref);
    if (!byCountry.has(ref.country)) byCountry.set(ref.country, id);
    if (!byId.has(id)) byId.set(id, ref);
  }
  const idFor = (ref: Action | ExitRef): string | null => {
    if (ref.kind === 'direct' || ref.kind === 'block') return null;
    if (ref.kind === 'default') return idFor(table.defaultExit);
    if (ref.kind === 'country') return byCountry.get(ref.country) ?? idOf(ref);
    return idOf(ref);
  };
  const wants = new Map<string, ExitWantInput>();
  for (const ref of used) {
    const id = idFor(ref);
    if (id === null || wants.has(id) || wants.size >= MAX_EXITS) continue;
    const meant = ref.kind === 'default' ? table.defaultExit : ref;
    const node = byId.get(id);
    wants.set(id, want(id, node ?? meant));
  }
  return {
    wants: [...wants.values()],
    exitOf: (action) => {
      const id = idFor(action);
      return id !== null && wants.has(id) ? id : null;
    },
    defaultExitId: idFor(table.defaultExit) ?? 'any',
  };
}

const MAX_NAMED = 64;

/** Every exit that some rule, the last line or the default names, once each. */
export const namedExits = oncePerTable(listNamed);

function listNamed(table: RouteTable): readonly (Action | ExitRef)[] {
  const named = new Map<string, Action | ExitRef>();
  for (const ref of [table.defaultExit, table.otherwise, ...table.rules.map((rule) => rule.action)]) {
    if (ref.kind === 'node' || ref.kind === 'country') named.set(idOf(ref), ref);
    if (named.size >= MAX_NAMED) break;
  }
  return [...named.values()];
}

function want(exitId: string, ref: Action | ExitRef): ExitWantInput {
  if (ref.kind === 'node') return { exitId, did: ref.did, country: ref.country };
  if (ref.kind === 'country') return { exitId, country: ref.country };
  return { exitId };
}

function idOf(ref: Extract<Action | ExitRef, { kind: 'node' | 'country' | 'any' }>): string {
  if (ref.kind === 'node') return `node:${parseDid(ref.did).address}`;
  return ref.kind === 'country' ? `country:${ref.country}` : 'any';
}
