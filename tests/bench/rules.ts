/**
 * Ten thousand rules: what a request costs in the matcher (Firefox, badge, indicator) and in the proxy script
 * (Chromium runs it in the same V8), how large that script is, and what the popup's picture costs beside them.
 */
import { createContext, runInContext } from 'node:vm';
import { namedExits, planExits } from '../../extension/routing/exits.ts';
import { createMatcher } from '../../extension/routing/matcher.ts';
import { preparePac } from '../../extension/routing/pac.ts';
import { EMPTY_TABLE, MAX_RULES, type MatchKind, type RouteTable, type Rule } from '../../extension/routing/rules.ts';

interface Timing {
  readonly medianUs: number;
  readonly p99Us: number;
}
interface TableFigures {
  readonly matcher: Timing;
  readonly script: Timing;
  readonly scriptBytes: number;
  /** Once per change of the rules. */
  readonly compileMs: number;
  /** Once per change of a port. */
  readonly portMs: number;
}
export interface RulesBench {
  /** Mostly names, as lists are: 8,000 domains, 1,000 hosts, 900 wildcards, 100 expressions. */
  readonly mixed: TableFigures;
  /** Wildcards only, each with a name in it that is looked up. */
  readonly wildcards: TableFigures;
  /** Expressions only, which are tried one after the other: what nobody should have. */
  readonly expressions: TableFigures;
  /** All that each picture of the popup asks of the rules. */
  readonly popup: Timing;
}

const REQUESTS = 20_000;
const SLOW_REQUESTS = 200;
const LIVE: ReadonlyMap<string, number> = new Map([
  ['any', 40_001],
  ['country:DE', 40_002],
]);

export function benchRules(): RulesBench {
  const mixed = table((i) => {
    if (i % 100 === 0) return ['regex', `^cdn${i}-[0-9]+\\.example\\.`];
    if (i % 10 === 1) return i % 100 === 1 ? ['domain', name(i)] : ['wildcard', `*.site${i}.*`];
    return i % 10 === 2 ? ['host', name(i)] : ['domain', name(i)];
  });
  return {
    mixed: measure(mixed, REQUESTS),
    wildcards: measure(
      table((i) => ['wildcard', i % 2 === 0 ? `*.site${i}.*` : `site${i}.*`]),
      REQUESTS,
    ),
    expressions: measure(
      table((i) => ['regex', `^cdn${i}-[0-9]+\\.example\\.`]),
      SLOW_REQUESTS,
    ),
    popup: timed(REQUESTS, () => {
      planExits(mixed);
      namedExits(mixed);
    }),
  };
}

const name = (i: number): string => `a-rather-long-name-of-a-site-${i}.example.org`;

function table(matchOf: (i: number) => readonly [MatchKind, string]): RouteTable {
  const rules = Array.from({ length: MAX_RULES }, (_, i): Rule => {
    const [kind, text] = matchOf(i);
    const action = i % 3 === 0 ? ({ kind: 'country', country: 'DE' } as const) : ({ kind: 'default' } as const);
    return { id: `r${i}`, enabled: true, match: { kind, text }, action };
  });
  return { ...EMPTY_TABLE, rules };
}

/** By turns a host that a rule names, one below such a name, and one that no rule knows. */
function hostAt(i: number): string {
  const at = (i * 7_919) % MAX_RULES;
  if (i % 3 === 0) return name(at);
  return i % 3 === 1 ? `www.site${at}.example` : `x${i}.cdn.unknown.example.com`;
}

function measure(routes: RouteTable, requests: number): TableFigures {
  const began = performance.now();
  const matcher = createMatcher(routes);
  const script = preparePac(routes);
  const compileMs = performance.now() - began;
  const text = script(LIVE);
  const portBegan = performance.now();
  script(LIVE);
  const portMs = performance.now() - portBegan;
  const sandbox = createContext({});
  runInContext(text, sandbox);
  const find = runInContext('FindProxyForURL', sandbox) as (url: string, host: string) => string;
  return {
    matcher: timed(requests, (i) => void matcher.decide({ host: hostAt(i) })),
    script: timed(requests, (i) => void find('https://unseen/', hostAt(i))),
    scriptBytes: text.length,
    compileMs,
    portMs,
  };
}

/** Each call by itself, after a warm-up of as many. */
function timed(count: number, run: (i: number) => void): Timing {
  for (let i = 0; i < count; i++) run(i);
  const took = Float64Array.from({ length: count }, (_, i) => {
    const began = performance.now();
    run(i);
    return performance.now() - began;
  }).sort();
  const at = (share: number): number => 1_000 * (took[Math.floor(share * (count - 1))] ?? Number.NaN);
  return { medianUs: at(0.5), p99Us: at(0.99) };
}

if (import.meta.main) console.log(benchRules());
