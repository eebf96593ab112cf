/**
 * `npm run contracts:build`: compiles the contracts and writes what the rest of Warren needs of them, so that
 * nobody else has to compile: contracts/artifacts/*.json (ABI and bytecode) and shared/wire/abi.ts (ABIs as types).
 * Both are committed. The same source gives the same bytes (foundry.toml); a test compares them with a fresh build.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.dirname(HERE);
const { PATH = '' } = process.env;

interface Artifact {
  readonly contractName: string;
  readonly source: string;
  readonly abi: readonly unknown[];
  readonly bytecode: string;
}

/** File contents by path relative to the repository's root. */
export type Generated = Readonly<Record<string, string>>;

/**
 * Compiles what has changed since forge last did, by its content, and returns what the committed files should hold.
 * @throws when forge fails; its output is on stderr.
 */
export function generate(): Generated {
  const bin = path.join(ROOT, 'node_modules/.bin');
  execFileSync(path.join(bin, 'forge'), ['build', '--quiet', '--skip', 'test'], {
    cwd: HERE,
    env: { ...process.env, PATH: `${bin}:${PATH}` },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const channels = compiled('HermeChannels');
  const token = compiled('TestMyst');
  const registry = didRegistry();
  const files: Record<string, string> = {};
  for (const artifact of [channels, token, registry]) {
    files[`contracts/artifacts/${artifact.contractName}.json`] = `${JSON.stringify(artifact, null, 1)}\n`;
  }
  files['shared/wire/abi.ts'] = [
    '// biome-ignore-all format: generated, one ABI entry a line',
    '/** Contract ABIs as types for viem. Written by contracts/build.ts (`npm run contracts:build`); do not edit. */',
    abiSource('hermeChannelsAbi', channels.abi),
    '/** ERC-20 with EIP-2612 permit: the part of the token that Warren uses. */',
    abiSource('erc20PermitAbi', token.abi.filter(standardToken)),
    '/** ERC-1056 (the registry of npm ethr-did-registry). */',
    abiSource('ethereumDidRegistryAbi', registry.abi),
  ].join('\n');
  return files;
}

function compiled(contractName: string): Artifact {
  const json = JSON.parse(readFileSync(path.join(HERE, 'out', `${contractName}.sol/${contractName}.json`), 'utf8')) as {
    abi: unknown[];
    bytecode: { object: string };
  };
  return { contractName, source: `contracts/src/${contractName}.sol`, abi: json.abi, bytecode: json.bytecode.object };
}

function didRegistry(): Artifact {
  const name = 'EthereumDIDRegistry';
  const { EthereumDIDRegistry } = createRequire(import.meta.url)('ethr-did-registry') as {
    EthereumDIDRegistry: { abi: unknown[]; bytecode: string };
  };
  return {
    contractName: name,
    source: 'npm ethr-did-registry',
    abi: EthereumDIDRegistry.abi,
    bytecode: EthereumDIDRegistry.bytecode,
  };
}

/** Leaves out what only the test token has. */
function standardToken(entry: unknown): boolean {
  const { name } = entry as { name?: string };
  return (
    name !== 'mint' && name !== 'minter' && name !== 'NotMinter' && (entry as { type: string }).type !== 'constructor'
  );
}

function abiSource(name: string, abi: readonly unknown[]): string {
  const lines = abi.map((entry) => `  ${literal(entry)},`);
  return `export const ${name} = [\n${lines.join('\n')}\n] as const;\n`;
}

/** JSON as a TypeScript literal in the house's quotes; `internalType` is for Solidity tools only. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([key]) => key !== 'internalType');
    return `{ ${fields.map(([key, field]) => `${key}: ${literal(field)}`).join(', ')} }`;
  }
  return typeof value === 'string' ? `'${value}'` : String(value);
}

if (import.meta.main) {
  for (const [file, text] of Object.entries(generate())) {
    const target = path.join(ROOT, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
    console.log(`wrote ${file}`);
  }
}
