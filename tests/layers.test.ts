/**
 * The architecture as a test: imports go down only, nothing goes in a circle, and the small promises
 * about files that a review would otherwise have to keep.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** First match wins: a file belongs to the first row whose folder holds it. `may` names other rows; a row may always import itself. */
const LAYERS: readonly { readonly folder: string; readonly may: readonly string[]; readonly because: string }[] = [
  { folder: 'shared/base', may: [], because: 'words that everything speaks; they must mean the same everywhere' },
  {
    folder: 'shared/wire',
    may: ['shared/base'],
    because: 'a schema says what crosses a border, not what to do with it',
  },
  {
    folder: 'shared/effects.ts',
    may: ['shared/base', 'shared/wire'],
    because: 'the seams are types; an adapter behind them must be replaceable by its twin',
  },
  {
    folder: 'shared/machine',
    may: ['shared/base', 'shared/wire', 'shared/effects.ts'],
    because: 'machines decide on inputs alone; with an adapter in reach they would look for themselves',
  },
  {
    folder: 'shared/node',
    may: ['shared/base', 'shared/wire', 'shared/effects.ts'],
    because: 'adapters do what they are told; with a machine in reach they would start to decide',
  },
  {
    folder: 'shared/ui',
    may: ['shared/base'],
    because: 'what the pages of extension and provider have in common; it knows neither of them',
  },
  {
    folder: 'contracts',
    may: ['shared/base', 'shared/wire'],
    because: 'the chain stands alone; deploying it needs only addresses and its own artifacts',
  },
  {
    folder: 'native-host/netd',
    may: ['shared/base', 'shared/wire', 'shared/node'],
    because: 'the privileged process stays small: it knows no session, wallet, DID or provider',
  },
  {
    folder: 'native-host/local-proxy',
    may: ['shared/base', 'shared/wire', 'shared/effects.ts', 'shared/node'],
    because: 'the proxy carries bytes from a port to a tunnel; whose they are is not its business',
  },
  {
    folder: 'native-host/namespace',
    may: ['shared/base', 'shared/wire', 'shared/node', 'native-host/netd', 'native-host/local-proxy'],
    because: 'the inside of a namespace: tunnels as netd makes them, and the proxies; of sessions it knows nothing',
  },
  {
    folder: 'native-host/doctor',
    may: [
      'shared/base',
      'shared/wire',
      'shared/effects.ts',
      'shared/node',
      'manifest',
      'native-host/install',
      'native-host',
    ],
    because: 'it looks at what the others put in place and ask for, and is asked by none of them',
  },
  {
    folder: 'native-host/install',
    may: ['shared/base', 'shared/wire', 'manifest'],
    because: 'it puts the programs in their places and runs none of their code',
  },
  {
    folder: 'native-host',
    may: [
      'shared/base',
      'shared/wire',
      'shared/effects.ts',
      'shared/machine',
      'shared/node',
      'native-host/local-proxy',
    ],
    because: 'the session loop is where machines and adapters meet; netd is reached over its socket only',
  },
  {
    folder: 'provider/dashboard/status.ts',
    may: ['shared/base'],
    because: 'the one document between a node and its page; either could be written anew without the other',
  },
  {
    folder: 'provider/dashboard/ui',
    may: ['shared/base', 'shared/ui', 'provider/dashboard/status.ts'],
    because: 'it runs in a browser and knows the node by its status alone',
  },
  {
    folder: 'provider',
    may: [
      'shared/base',
      'shared/wire',
      'shared/effects.ts',
      'shared/machine',
      'shared/node',
      'provider/dashboard/status.ts',
    ],
    because: 'the other session loop; it shares no code with the client but the shared folder',
  },
  {
    folder: 'helper',
    may: ['shared/base', 'shared/wire', 'shared/effects.ts', 'shared/node'],
    because: 'a public machine that sees no plaintext: it has no handshake, wallet or session to import',
  },
  {
    folder: 'manifest',
    may: ['shared/base', 'shared/wire', 'package.json'],
    because: 'data about how the parts find each other',
  },
  {
    folder: 'packaging',
    may: ['shared/base', 'shared/wire', 'manifest', 'native-host/install', 'package.json'],
    because: 'it puts the programs into packages and runs none of their code',
  },
  {
    folder: 'extension',
    may: ['shared/base', 'shared/wire', 'shared/ui'],
    because: 'it runs in a browser: nothing of Node may reach its bundle',
  },
  {
    folder: 'tests',
    may: ['*'],
    because: 'a test may look at everything',
  },
];

const TOP_LEVEL = [
  'extension',
  'native-host',
  'shared',
  'manifest',
  'tests',
  'contracts',
  'provider',
  'helper',
  'packaging',
  'docs',
  'package.json',
  'vite.config.ts',
  'vite.dashboard.config.ts',
  'warren',
];

const SKIP = new Set(['node_modules', 'dist', 'out', 'cache', 'artifacts', 'shots', '.git']);

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIP.has(entry.name) ? [] : sources(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^'"`;]*?(?:from\s+)?['"](\.[^'"]+|node:[^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(IMPORT)].flatMap((match) => {
    const name = match[2] ?? match[3] ?? '';
    if (name.startsWith('node:')) return [{ target: name, typeOnly: false }];
    if (!name.startsWith('.')) return [];
    return [
      {
        target: relative(ROOT, resolve(ROOT, dirname(file), name.split('?')[0] ?? '')),
        typeOnly: match[1] !== undefined,
      },
    ];
  });
}

const layerOf = (file: string) => LAYERS.find(({ folder }) => file === folder || file.startsWith(`${folder}/`));

const files = LAYERS.filter(
  ({ folder }) => !folder.includes('.') && !LAYERS.some((other) => folder.startsWith(`${other.folder}/`)),
).flatMap(({ folder }) => (existsSync(join(ROOT, folder)) ? sources(folder) : []));
const code = files.filter((file) => !file.startsWith('tests/'));
const graph = new Map(files.map((file) => [file, importsOf(file)]));

describe('imports go down only', () => {
  test('every relative import is found: each names a file that exists', () => {
    const edges = [...graph.values()].flat().filter(({ target }) => !target.startsWith('node:'));
    const written = files.reduce(
      (sum, file) => sum + (readFileSync(join(ROOT, file), 'utf8').match(/ from '\.{1,2}\//g)?.length ?? 0),
      0,
    );
    expect(edges.length).toBeGreaterThanOrEqual(written);
    expect(edges.filter(({ target }) => !existsSync(join(ROOT, target)))).toEqual([]);
  });

  test.each(LAYERS)('$folder: $because', ({ folder, may }) => {
    const wrong = files
      .filter((file) => layerOf(file)?.folder === folder)
      .flatMap((file) =>
        (graph.get(file) ?? [])
          .filter(({ target }) => !target.startsWith('node:') && !may.includes('*'))
          .filter(({ target }) => {
            const layer = layerOf(target)?.folder ?? target;
            return layer !== folder && !may.includes(layer);
          })
          .map(({ target }) => `${file} → ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test('machines, schemas and base words know nothing of Node: the browser and a steerable clock run them', () => {
    const pure = /^(shared\/(base|wire|machine|ui)|provider\/dashboard\/ui)\//;
    const wrong = code
      .filter((file) => pure.test(file) || file.startsWith('extension/'))
      .flatMap((file) =>
        (graph.get(file) ?? [])
          .filter(({ target }) => target.startsWith('node:'))
          .map(({ target }) => `${file} → ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test('machines read no clock and draw no random number', () => {
    const forbidden =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|\bsetTimeout\(|\bsetInterval\(|\bgetRandomValues\(/;
    const wrong = code.filter((file) => file.startsWith('shared/machine/') && forbidden.test(withoutComments(file)));
    expect(wrong).toEqual([]);
  });
});

test('no file imports itself in a circle', () => {
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      circles.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
      return;
    }
    state.set(file, 'open');
    for (const { target, typeOnly } of graph.get(file) ?? []) {
      if (!typeOnly && graph.has(target)) visit(target, [...trail, file]);
    }
    state.set(file, 'done');
  };
  for (const file of code) visit(file, []);
  expect(circles).toEqual([]);
});

test('every folder of the design stands', () => {
  expect(TOP_LEVEL.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
});

test('no file is longer than 400 lines', () => {
  const long = files
    .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1 }))
    .filter(({ file, lines }) => lines > 400 && !file.endsWith('shared/wire/abi.ts'));
  expect(long).toEqual([]);
});

test('no border is untyped: no `any`, no ts-ignore', () => {
  const untyped = /:\s*any\b|\bas any\b|<any>/;
  const silenced = /@ts-(ignore|nocheck|expect-error)/;
  const wrong = (file: string): boolean =>
    untyped.test(withoutComments(file)) || silenced.test(readFileSync(join(ROOT, file), 'utf8'));
  expect(code.filter(wrong)).toEqual([]);
});

test('nothing in the native host prints to stdout: that pipe belongs to the browser', () => {
  const prints = /\bconsole\.(log|info|debug|table|dir)\(|process\.stdout\.write\(/;
  const host = code.filter((file) => file.startsWith('native-host/') || file.startsWith('shared/'));
  const allowed = new Set([
    'native-host/native-port.ts',
    'native-host/main.ts',
    'native-host/netd/main.ts',
    // No browser starts it.
    'native-host/install/main.ts',
    'native-host/doctor/main.ts',
  ]);
  expect(host.filter((file) => !allowed.has(file) && prints.test(withoutComments(file)))).toEqual([]);
  const main = existsSync(join(ROOT, 'native-host/main.ts')) ? withoutComments('native-host/main.ts') : '';
  expect(/\bconsole\.log\(/.test(main)).toBe(false);
});

test('no test is skipped, focused or left for later', () => {
  const tests = files.filter((file) => /\.test\.tsx?$/.test(file) && file !== 'tests/layers.test.ts');
  const skipped = /\b(?:it|test|describe)\.(?:skip|only|todo)\b|\.skipIf\(|\.runIf\(/;
  expect(tests.filter((file) => skipped.test(readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
});

/** Comments may speak of what code must not do. */
function withoutComments(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '');
}
