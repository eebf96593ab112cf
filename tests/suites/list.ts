/** Every suite of the project, and how to read what it says. The order is the order of their start. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserName } from '../lab/scene.ts';
import { type Counts, NODE, oneCheck, ROOT, type Suite } from './suite.ts';

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** A file that could not be loaded fails without a single test in it. */
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

function readVitest({ report }: { readonly report: string }): Counts {
  const result = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
  const unloaded = result.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + unloaded.length,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/** `forge test --json`: contract → test → status. */
function readForge({ stdout }: { readonly stdout: string }): Counts {
  const line = stdout.split('\n').find((text) => text.startsWith('{')) ?? '';
  const contracts = JSON.parse(line) as Record<
    string,
    { readonly test_results: Record<string, { readonly status: string }> }
  >;
  const all = Object.values(contracts).flatMap(({ test_results }) => Object.values(test_results));
  const count = (status: string): number => all.filter((test) => test.status === status).length;
  return { passed: count('Success'), failed: count('Failure'), skipped: count('Skipped') };
}

/** The story writes its claims; each is one check. */
function readClaims({ report }: { readonly report: string }): Counts {
  const { claims } = JSON.parse(readFileSync(report, 'utf8')) as {
    readonly claims: readonly { readonly ok: boolean }[];
  };
  const passed = claims.filter((claim) => claim.ok).length;
  return { passed, failed: claims.length - passed, skipped: 0 };
}

/** web-ext's one warning that is known: Preact can set `innerHTML`, and nothing of ours asks it to. */
const KNOWN_WARNING = 'UNSAFE_VAR_ASSIGNMENT';

/** `web-ext lint --output=json` */
function readLint({ stdout }: { readonly stdout: string }): Counts {
  const { errors, warnings } = JSON.parse(stdout) as {
    readonly errors: readonly unknown[];
    readonly warnings: readonly { readonly code: string }[];
  };
  const known = warnings.filter(({ code }) => code === KNOWN_WARNING).length;
  const failed = errors.length + warnings.length - Math.min(known, 1);
  return { passed: failed === 0 ? 1 : 0, failed, skipped: 0 };
}

/** The matrix of homes: a cell, or a whole journey, is one check. */
function readMatrix({ report }: { readonly report: string }): Counts {
  const { cells, journeys } = JSON.parse(readFileSync(report, 'utf8')) as {
    readonly cells: readonly { readonly tries: number; readonly met: number }[];
    readonly journeys: readonly { readonly why: string | null }[];
  };
  const passed = cells.filter(({ tries, met }) => met === tries).length + journeys.filter(({ why }) => !why).length;
  return { passed, failed: cells.length + journeys.length - passed, skipped: 0 };
}

const vitest = (name: string, project: string, limitMs: number, paths: readonly string[] = []): Suite => ({
  name,
  command: NODE,
  args: [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    '--outputFile.json=@REPORT@',
    ...paths,
  ],
  limitMs,
  read: readVitest,
});

const inLabs = (name: string, project: string, limitMs: number, paths: readonly string[] = []): Suite => ({
  ...vitest(name, project, limitMs, paths),
  programs: true,
});

/** The same story in another browser: the steps know neither. */
const story = (browser: BrowserName): Suite => ({
  name: `story-${browser}`,
  command: NODE,
  args: [join(ROOT, 'tests/e2e/demo.ts'), '--quiet', '--browser', browser, '--json', '@REPORT@'],
  limitMs: 240_000,
  programs: true,
  read: readClaims,
});

/** Of the net suite, what weighs much: each is held in small by a test that stays. */
const WEIGHTY = [
  'tests/net/agreement-chromium.test.ts',
  'tests/net/back-ends.test.ts',
  'tests/net/doctor.test.ts',
  'tests/net/netd-hostile.test.ts',
  'tests/net/provider-doctor.test.ts',
] as const;

export const SUITES = {
  types: {
    name: 'types',
    command: NODE,
    args: [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit'],
    limitMs: 120_000,
    read: oneCheck,
  },
  lint: {
    name: 'lint',
    command: join(ROOT, 'node_modules/.bin/biome'),
    args: ['check', '.'],
    limitMs: 120_000,
    read: oneCheck,
  },
  // Mozilla's own check of what goes to its store: manifest, permissions, forbidden calls.
  'extension-lint': {
    name: 'extension-lint',
    command: NODE,
    args: [
      join(ROOT, 'node_modules/web-ext/bin/web-ext.js'),
      'lint',
      '--source-dir=dist/firefox',
      '--no-config-discovery',
      '--output=json',
    ],
    limitMs: 60_000,
    read: readLint,
  },
  layers: vitest('layers', 'unit', 60_000, ['tests/layers.test.ts']),
  unit: vitest('unit', 'unit*', 240_000, ['tests/unit', '--maxWorkers=2']),
  contracts: {
    name: 'contracts',
    command: join(ROOT, 'node_modules/.bin/forge'),
    args: ['test', '--json'],
    cwd: join(ROOT, 'contracts'),
    limitMs: 240_000,
    read: readForge,
  },
  net: inLabs('net', 'net', 600_000, ['--maxWorkers=3', ...WEIGHTY.map((file) => `--exclude=${file}`)]),
  weighty: inLabs('weighty', 'net', 420_000, WEIGHTY),
  // Every rule of NAT traversal once (docs/NAT.md); all 289 pairs: npm run nat:matrix.
  nat: {
    name: 'nat',
    command: NODE,
    args: [join(ROOT, 'tests/nat/main.ts'), '--quick', '--json', '@REPORT@'],
    limitMs: 180_000,
    programs: true,
    read: readMatrix,
  },
  roles: inLabs('roles', 'roles', 240_000),
  load: inLabs('load', 'load', 300_000),
  outages: inLabs('outages', 'outages', 900_000),
  // Changes of port for every kind of home, half a minute each.
  rotation: inLabs('rotation', 'rotation', 1_800_000),
  // In a guest with Debian's kernel; its first run downloads that kernel.
  kernel: {
    name: 'kernel',
    command: NODE,
    args: [join(ROOT, 'tests/kernel/main.ts'), '--json', '@REPORT@'],
    limitMs: 900_000,
    read: readVitest,
  },
  // Every screen drawn in real Chromium and looked at by axe.
  screens: {
    name: 'screens',
    command: NODE,
    args: [join(ROOT, 'tests/e2e/shots.ts')],
    limitMs: 600_000,
    read: oneCheck,
  },
  // Debian packages, on a fresh Debian 12 in such a guest; its first run downloads that too.
  package: {
    name: 'package',
    command: NODE,
    args: [join(ROOT, 'tests/package/main.ts'), '--json', '@REPORT@'],
    limitMs: 1_800_000,
    read: readClaims,
  },
  'story-chromium': story('chromium'),
  'story-firefox': story('firefox'),
} as const satisfies Record<string, Suite>;

/** Suites that may share the machine, phase by phase: what measures runs alone. */
export const PHASES: readonly (readonly (keyof typeof SUITES)[])[] = [
  ['types', 'lint', 'extension-lint', 'layers', 'contracts', 'unit'],
  ['net', 'roles'],
  ['load'],
  ['nat'],
  ['story-chromium', 'story-firefox'],
];

/** What takes long beside these: with `--all`, or by name. */
export const LONG_PHASES: typeof PHASES = [
  ['weighty'],
  ['outages'],
  ['rotation'],
  ['screens'],
  ['kernel'],
  ['package'],
];
