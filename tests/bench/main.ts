/**
 * Measures and prints; never fails on a time, since a loaded machine has the last word on those.
 *
 * usage: main.ts [--only connect,nat,proxy,rootless,gate,handshake,proofs,ledger,host,rules,peers,helper,popup]
 *   [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** Loaded one by one: a bench that needs root or a browser must not stop one that does not. */
const BENCHES: Readonly<Record<string, () => Promise<unknown>>> = {
  handshake: async () => (await import('./handshake.ts')).benchHandshake(),
  proofs: async () => (await import('./proofs.ts')).benchProofs(),
  ledger: async () => (await import('./ledger.ts')).benchLedger(),
  host: async () => (await import('./host.ts')).benchHostStart(),
  rules: async () => (await import('./rules.ts')).benchRules(),
  popup: async () => (await import('./popup.ts')).benchPopup(),
  proxy: async () => (await import('./proxy.ts')).benchProxy(),
  rootless: async () => (await import('./rootless.ts')).benchRootless(),
  gate: async () => (await import('./gate.ts')).benchGate(),
  connect: async () => (await import('./connect.ts')).benchConnect(),
  nat: async () => (await import('./nat.ts')).benchNat(),
  peers: async () => (await import('./peers.ts')).benchPeers(),
  helper: async () => (await import('./helper.ts')).benchHelper(),
};

/** `{ a: { b: 1 } }` → `a.b  1`, one line a figure. */
function* figures(value: unknown, path: readonly string[] = []): Generator<readonly [string, string]> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) yield* figures(inner, [...path, key]);
  } else {
    yield [path.join('.'), typeof value === 'number' ? String(Math.round(value * 1000) / 1000) : String(value)];
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });
  const names = values.only?.split(',') ?? Object.keys(BENCHES);
  const results: Record<string, unknown> = {};
  let broken = 0;
  for (const name of names) {
    const bench = BENCHES[name];
    if (!bench) throw new RangeError(`no such bench: ${name} (there are ${Object.keys(BENCHES).join(', ')})`);
    const began = performance.now();
    try {
      results[name] = await bench();
    } catch (error) {
      broken++;
      console.log(`${name}: could not be measured: ${error instanceof Error ? error.message : error}\n`);
      continue;
    }
    const rows = [...figures(results[name])];
    const width = Math.max(...rows.map(([label]) => label.length));
    console.log(`${name}  (measured in ${((performance.now() - began) / 1000).toFixed(1)} s)`);
    for (const [label, figure] of rows) console.log(`  ${label.padEnd(width)}  ${figure}`);
    console.log('');
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  return broken === 0 ? 0 : 1;
}

process.exit(await main());
