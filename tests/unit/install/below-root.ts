/** An installation below a throw-away folder, from the checkout that the tests run in. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install } from '../../../native-host/install/install.ts';
import { parseCommand } from '../../../native-host/install/options.ts';
import type { System } from '../../../native-host/install/system.ts';
import { uninstall } from '../../../native-host/install/uninstall.ts';

export const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
export const LOCAL_NETWORK = join(CHECKOUT, 'manifest/networks/local.json');

/** Whoever installs for themselves alone. */
export const HOME = '/home/ann';
const ENV = { HOME };

export class BelowRoot {
  readonly #folder = mkdtempSync(join(tmpdir(), 'warren-install-'));
  readonly root = join(this.#folder, 'root');
  /** Stands for the pinned Node, whose 120 MB every test would copy. */
  readonly nodePath = join(this.#folder, 'node');
  readonly said: string[] = [];

  constructor() {
    writeFileSync(this.nodePath, 'a binary');
    chmodSync(this.nodePath, 0o755);
  }

  /** @param args what a person would add to `./warren install --root …`. */
  async install(args: readonly string[] = ['--network', LOCAL_NETWORK], system: System | null = null): Promise<void> {
    const command = parseCommand(['install', '--root', this.root, ...args], ENV, CHECKOUT);
    this.said.length = 0;
    await install({
      command,
      checkout: CHECKOUT,
      nodePath: this.nodePath,
      system,
      say: (line) => this.said.push(line),
    });
  }

  async uninstall(system: System | null = null, args: readonly string[] = []): Promise<void> {
    this.said.length = 0;
    const { root, place } = parseCommand(['uninstall', '--root', this.root, ...args], ENV, CHECKOUT);
    await uninstall({ root, place, system, say: (line) => this.said.push(line) });
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  mode(path: string): number {
    return statSync(join(this.root, path)).mode & 0o7777;
  }

  /** Every file and folder, as the running system would see it. */
  entries(): readonly string[] {
    try {
      const found = readdirSync(this.root, { recursive: true, withFileTypes: true });
      return found.map((entry) => `/${relative(this.root, join(entry.parentPath, entry.name))}`).sort();
    } catch {
      return [];
    }
  }

  /** When each entry was last written, for telling that nothing was. */
  times(): readonly string[] {
    return this.entries().map((path) => `${path} ${statSync(join(this.root, path), { bigint: true }).mtimeNs}`);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
