/** Two namespaces joined by WireGuard and nothing of ours. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { freshTunnelName } from '../../native-host/netd/marks.ts';
import { until } from '../e2e/wait.ts';
import { MEMORY } from '../memory.ts';
import { keys } from '../net/keys.ts';
import { inNamespace, ipBatch } from './run.ts';

const PORT = 51_820;

export interface BareEnd {
  readonly namespace: string;
  /** Where the other one reaches it. */
  readonly outside: string;
  readonly inside: string;
}

/**
 * By the kernel where it has WireGuard, as netd chooses. The links go with their namespaces.
 * @param startGo else: starts wireguard-go in the foreground there, for such a link
 */
export async function joinBare(
  ends: readonly [BareEnd, BareEnd],
  startGo: (namespace: string, link: string) => void,
): Promise<void> {
  const secrets = [keys(), keys()] as const;
  for (const n of [0, 1] as const) {
    const [own, other] = [ends[n], ends[1 - n] as BareEnd];
    const { namespace } = own;
    // By such a name the end of a lab finds what a killed wireguard-go leaves behind.
    const link = freshTunnelName();
    await addLink(namespace, link, startGo);
    // wg(8) reads a key from a file only.
    const key = `${MEMORY}/${link}.key`;
    writeFileSync(key, `${secrets[n].privateKey}\n`, { mode: 0o600 });
    const device = ['set', link, 'private-key', key, 'listen-port', String(PORT)];
    const peer = ['peer', (secrets[1 - n] ?? secrets[0]).publicKey, 'allowed-ips', `${other.inside}/32`];
    const at = ['endpoint', `${other.outside}:${PORT}`];
    await inNamespace(namespace, 'wg', [...device, ...peer, ...at]).finally(() => rmSync(key));
    await ipBatch([`addr add ${own.inside} peer ${other.inside} dev ${link}`, `link set ${link} up`], namespace);
  }
}

async function addLink(namespace: string, link: string, startGo: (namespace: string, link: string) => void) {
  const inKernel = await ipBatch([`link add ${link} type wireguard`], namespace).then(
    () => true,
    () => false,
  );
  if (inKernel) return;
  startGo(namespace, link);
  await until('wireguard-go', () => existsSync(`/var/run/wireguard/${link}.sock`));
}
