/** Every suite of the project. The order is the order of their start. */
import { join } from 'node:path';
import type { BrowserName } from '../lab/scene.ts';
import { failedFiles, passedClaims, readClaims, readForge, readLint, readMatrix, readVitest } from './readers.ts';
import { type Again, NODE, oneCheck, ROOT, type Suite } from './suite.ts';

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

const inLabs = (name: string, project: string, limitMs: number, paths: readonly string[] = []): Suite => {
  const suite = { ...vitest(name, project, limitMs, paths), programs: true };
  const again = (report: string): Again | null => {
    const { files, passed } = failedFiles(report);
    if (files.length === 0 || files.length > FEW) return null;
    return { suite: { ...suite, name: `${name}-again`, args: [...suite.args, ...files] }, passed };
  };
  return { ...suite, again };
};

/** More than these in one run are no accident. */
const FEW = 3;

/** The same story in another browser: the steps know neither. */
const story = (browser: BrowserName): Suite => {
  const suite = {
    name: `story-${browser}`,
    command: NODE,
    args: [join(ROOT, 'tests/e2e/demo.ts'), '--quiet', '--browser', browser, '--json', '@REPORT@'],
    limitMs: 240_000,
    programs: true,
    read: readClaims,
  };
  return {
    ...suite,
    again: (report) => ({ suite: { ...suite, name: `${suite.name}-again` }, passed: passedClaims(report) }),
  };
};

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
  load: { ...inLabs('load', 'load', 300_000), alone: true },
  outages: inLabs('outages', 'outages', 900_000),
  // Changes of port for every kind of home, half a minute each.
  rotation: inLabs('rotation', 'rotation', 1_800_000),
  // In a guest with Debian's kernel; its first run downloads that kernel. The guest's clock counts instructions.
  kernel: {
    name: 'kernel',
    command: NODE,
    args: [join(ROOT, 'tests/kernel/main.ts'), '--json', '@REPORT@'],
    limitMs: 900_000,
    programs: true,
    beside: true,
    read: readClaims,
  },
  // What the doctor says of such a kernel.
  'kernel-doctor': {
    name: 'kernel-doctor',
    command: NODE,
    args: [join(ROOT, 'tests/kernel/main.ts'), '--json', '@REPORT@', 'tests/kernel/doctor.test.ts'],
    limitMs: 900_000,
    programs: true,
    read: readVitest,
  },
  // Every screen drawn in real Chromium and looked at by axe.
  screens: {
    name: 'screens',
    command: NODE,
    args: [join(ROOT, 'tests/e2e/shots.ts')],
    limitMs: 1_200_000,
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

/** The guest is an x86-64 machine, made of this one's files. */
const GUEST: readonly 'kernel'[] = process.arch === 'x64' ? ['kernel'] : [];

/** Suites that may share the machine, phase by phase: what measures runs alone. */
export const PHASES: readonly (readonly (keyof typeof SUITES)[])[] = [
  // The guest is begun here and goes on beside what follows.
  [...GUEST, 'types', 'lint', 'extension-lint', 'layers', 'contracts', 'unit'],
  ['net', 'roles'],
  ['load'],
  // These wait, for the most part.
  ['story-chromium', 'story-firefox', 'nat'],
];

/** What takes long beside these: with `--all`, or by name. */
export const LONG_PHASES: typeof PHASES = [
  ['weighty'],
  ['outages'],
  ['rotation'],
  ['screens'],
  GUEST.length > 0 ? [] : ['kernel'],
  ['kernel-doctor'],
  ['package'],
];
