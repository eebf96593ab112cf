/** What must never touch a disk, and the search for it: WireGuard's keys of both sides, and client addresses at a provider. */
import { readFile } from 'node:fs/promises';
import { inNamespace, run } from '../lab/run.ts';
import type { Scene } from '../lab/scene.ts';

export interface Secrets {
  /** Private and pre-shared keys, base64. */
  readonly keys: readonly string[];
  readonly clientAddresses: readonly string[];
}

const KEY = /^[A-Za-z0-9+/]{43}=$/;
const MAX_FILE = '64M';

/** Asks WireGuard itself, as root: call while the tunnels stand. */
export async function sessionSecrets(scene: Scene): Promise<Secrets> {
  const hosts = [scene.client.home, scene.providers.de.home, scene.providers.jp.home].map(({ host }) => host);
  const keys = new Set<string>();
  for (const host of hosts) {
    const links = await inNamespace(host, 'ip', ['-o', 'link', 'show']);
    for (const [, link] of links.matchAll(/: (wrn[0-9a-f]+)/g)) {
      const dump = await inNamespace(host, 'wg', ['show', link ?? '', 'dump']);
      for (const [line, text] of dump.trim().split('\n').entries()) {
        const fields = text.split('\t');
        // First line: private key first. Peers: public key, then the pre-shared key.
        const secret = fields[line === 0 ? 0 : 1] ?? '';
        if (KEY.test(secret)) keys.add(secret);
      }
    }
  }
  const { wan, hostAddress } = scene.client.home;
  return { keys: [...keys], clientAddresses: [wan, hostAddress] };
}

/** Files on real disks, written since the story began, that hold a key in any of its spellings; and provider files that name a client. */
export async function findOnDisk(scene: Scene, secrets: Secrets, since: number): Promise<string[]> {
  const found: string[] = [];
  const needles = secrets.keys.flatMap((key) => {
    const raw = Buffer.from(key, 'base64');
    return [Buffer.from(key.slice(0, 43)), Buffer.from(raw.toString('hex')), raw];
  });
  const { disk } = scene.lab.paths;
  for (const file of [
    ...(await written(['/etc', '/var', '/tmp', '/root', '/home', '/opt', '/srv'], since)),
    ...(await all(disk)),
  ]) {
    const bytes = await readFile(file).catch(() => null);
    if (bytes && needles.some((needle) => bytes.includes(needle))) found.push(file);
  }
  for (const name of ['de', 'jp'] as const) {
    for (const file of await all(`${disk}/${name}`)) {
      const text = await readFile(file, 'latin1').catch(() => '');
      if (secrets.clientAddresses.some((address) => text.includes(address))) found.push(file);
    }
    const log = scene.providers[name].process.logFile;
    const text = await readFile(log, 'utf8');
    if (text.includes(scene.client.home.wan)) found.push(log);
  }
  return [...new Set(found)];
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

async function written(folders: readonly string[], since: number): Promise<string[]> {
  const when = `@${Math.floor(since / 1000)}`;
  return lines(
    await run('find', [...folders, '-xdev', '-type', 'f', '-newermt', when, '-size', `-${MAX_FILE}`, '-print']).catch(
      () => '',
    ),
  );
}

async function all(folder: string): Promise<string[]> {
  return lines(await run('find', [folder, '-xdev', '-type', 'f', '-size', `-${MAX_FILE}`]).catch(() => ''));
}
