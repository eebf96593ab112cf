/** Made-up route tables, nodes and exits for the tests of this folder. */
import fc from 'fast-check';
import { plain } from '../../../extension/background/store.ts';
import type { RouteRequest } from '../../../extension/routing/match.ts';
import { type LiveExits, preparePac } from '../../../extension/routing/pac.ts';
import type { Pass } from '../../../extension/routing/passes.ts';
import {
  type Action,
  EMPTY_TABLE,
  type Match,
  type MatchKind,
  parseMatch,
  type RouteTable,
  type Rule,
  type Scope,
} from '../../../extension/routing/rules.ts';
import { address, didOf } from '../../../shared/base/units.ts';
import type { Exit, UpInput } from '../../../shared/wire/native.ts';

export const payee = (n: number) => address(`0x${n.toString(16).padStart(2, '0').repeat(20)}`);
export const nodeRef = (n: number, country: string) =>
  ({ kind: 'node', did: didOf(31337, payee(n)), country, label: 'Somewhere' }) as const;

export function table(part: Partial<RouteTable>): RouteTable {
  return { ...EMPTY_TABLE, otherwise: { kind: 'direct' }, defaultExit: nodeRef(1, 'DE'), ...part };
}

/** The whole proxy script, for one moment. */
export function compilePac(
  routes: RouteTable,
  live: LiveExits,
  inPrivate = false,
  passes: readonly Pass[] = [],
): string {
  return preparePac(routes, inPrivate)(live, passes);
}

let ids = 0;
export function rule(kind: MatchKind, text: string, action: Action, enabled = true): Rule {
  const match = parseMatch(kind, text);
  if (typeof match === 'string') throw new Error(`${text}: ${match}`);
  return { id: `r${ids++}`, enabled, match, action };
}

export function exit(exitId: string, part: Partial<Exit> = {}): Exit {
  return {
    exitId,
    phase: 'up',
    since: 1,
    node: null,
    proxy: { host: '127.0.0.1', port: 40_000, username: 'name', password: 'secret' },
    path: null,
    suite: null,
    rxBytes: 0,
    txBytes: 0,
    rxRate: 0,
    txRate: 0,
    pricePerMB: null,
    spentSession: 0n,
    spentTotal: 0n,
    deposit: null,
    refunded: null,
    need: null,
    error: null,
    steps: [],
    ...part,
  };
}

type ExitInput = Extract<UpInput, { type: 'snapshot' }>['exits'][number];
/** The same as the host writes it. */
export const exitInput = (...all: Parameters<typeof exit>): ExitInput => plain(exit(...all)) as ExitInput;

const LABELS = ['one', 'two', 'www', 'a', 'ads', 'shop-1', 'xn--bcher-kva'];
const ENDS = ['example', 'example.org', 'local', 'home.arpa', 'test'];
const label = fc.constantFrom(...LABELS);
const name = fc
  .tuple(fc.array(label, { maxLength: 3 }), fc.constantFrom(...ENDS))
  .map(([before, end]) => [...before, end].join('.'));
const literal = fc.oneof(
  fc.ipV4(),
  fc.constantFrom('10.0.0.1', '172.16.9.9', '172.32.0.1', '192.168.1.1', '169.254.1.1', '127.0.0.1', '100.64.0.1'),
  fc.constantFrom('::1', 'fe80::1', 'fd00::5', 'fc00::1', '2001:db8::1', 'febf::1', 'fec0::1'),
);
export const hosts = fc.oneof({ weight: 5, arbitrary: name }, { weight: 2, arbitrary: literal });

const actions: fc.Arbitrary<Action> = fc.constantFrom<Action>(
  { kind: 'direct' },
  { kind: 'default' },
  { kind: 'block' },
  { kind: 'country', country: 'DE' },
  { kind: 'country', country: 'JP' },
  nodeRef(1, 'DE'),
  nodeRef(2, 'JP'),
  nodeRef(3, 'FR'),
);
const matches: fc.Arbitrary<Match> = fc.oneof(
  name.map((text): Match => ({ kind: 'domain', text })),
  hosts.map((text): Match => ({ kind: 'host', text })),
  fc
    .array(fc.constantFrom('*', '?', '.', 'one', 'example', 'a', '-', '*.'), { minLength: 1, maxLength: 6 })
    .map((parts): Match => ({ kind: 'wildcard', text: parts.join('') })),
  fc
    .constantFrom('^one\\.', 'example$', '(one|two)\\.example', '[0-9]+', 'ads', '^$', 'A', '"', 'ü')
    .map((text): Match => ({ kind: 'regex', text })),
);
const scopes: fc.Arbitrary<Scope> = fc.constantFrom<Scope>(
  { kind: 'private' },
  { kind: 'regular' },
  { kind: 'container', id: 'firefox-container-1', name: 'Work' },
);
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 3 });
const ruleParts = fc.record({
  enabled: fc.boolean(),
  match: matches,
  action: actions,
  also: maybe(fc.uniqueArray(name, { maxLength: 3 })),
  group: maybe(fc.constantFrom('on', 'off')),
  scope: maybe(scopes),
});
const rules = fc
  .array(ruleParts, { maxLength: 8 })
  .map((all): Rule[] => all.map((one, i) => JSON.parse(JSON.stringify({ ...one, id: `r${i}` }))));
export const tables: fc.Arbitrary<RouteTable> = fc.record({
  rules,
  groups: fc.constant([
    { id: 'on', name: 'On', enabled: true },
    { id: 'off', name: 'Off', enabled: false },
  ]),
  otherwise: actions,
  defaultExit: fc.constantFrom(nodeRef(1, 'DE'), { kind: 'country', country: 'JP' } as const, { kind: 'any' } as const),
  localDirect: fc.boolean(),
  followSites: fc.boolean(),
});
/** What a browser asks; Chromium's script sees `host` and `private` only. */
export const requests: fc.Arbitrary<RouteRequest> = fc
  .record({
    host: hosts,
    site: maybe(hosts),
    private: fc.boolean(),
    container: maybe(fc.constantFrom('firefox-container-1', 'firefox-default')),
  })
  .map((one) => JSON.parse(JSON.stringify(one)));
