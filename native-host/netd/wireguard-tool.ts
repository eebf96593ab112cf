/**
 * The kernel's WireGuard, driven by wg(8) and ip(8). wg(8) speaks to wireguard-go too, so the same code
 * is held against both. Public keys may stand in arguments; private and preshared keys never do.
 */
import { WarrenError } from '../../shared/base/errors.ts';
import { CommandFailed, type Programs, run } from './commands.ts';
import { runWithSecret } from './secret-file.ts';
import {
  type DeviceConfig,
  formatEndpoint,
  type PeerConfig,
  type PeerState,
  parseEndpoint,
  type WireGuard,
} from './wireguard.ts';

export class WireGuardTool implements WireGuard {
  readonly kind = 'kernel';
  readonly #ip: string;
  readonly #wg: string;
  readonly #secrets: string;

  constructor(programs: Programs & { readonly wg: string }, secretDirectory: string) {
    this.#ip = programs.ip;
    this.#wg = programs.wg;
    this.#secrets = secretDirectory;
  }

  async add(link: string): Promise<void> {
    await run(this.#ip, ['link', 'add', 'dev', link, 'type', 'wireguard']);
  }

  async remove(link: string): Promise<void> {
    await run(this.#ip, ['link', 'del', 'dev', link]).catch((error: unknown) => {
      if (!(error instanceof CommandFailed)) throw error;
    });
  }

  async configure(link: string, { privateKey, listenPort }: DeviceConfig): Promise<void> {
    const args = ['set', link, 'listen-port', String(listenPort), 'private-key', '/dev/stdin'];
    await runWithSecret(this.#secrets, this.#wg, args, `${privateKey}\n`);
  }

  async setListenPort(link: string, port: number): Promise<void> {
    const before = await this.listenPort(link);
    try {
      await run(this.#wg, ['set', link, 'listen-port', String(port)]);
    } catch (cause) {
      await run(this.#wg, ['set', link, 'listen-port', String(before)]);
      throw portBusy(port, cause);
    }
  }

  async listenPort(link: string): Promise<number> {
    return Number(await run(this.#wg, ['show', link, 'listen-port']));
  }

  async setPeer(link: string, peer: PeerConfig): Promise<void> {
    const args = ['set', link, 'peer', peer.publicKey];
    if (peer.endpoint) args.push('endpoint', formatEndpoint(peer.endpoint));
    if (peer.keepaliveSeconds !== undefined) args.push('persistent-keepalive', String(peer.keepaliveSeconds));
    if (peer.allowedIps) args.push('allowed-ips', peer.allowedIps.join(','));
    if (peer.presharedKey === undefined) await run(this.#wg, args);
    else
      await runWithSecret(this.#secrets, this.#wg, [...args, 'preshared-key', '/dev/stdin'], `${peer.presharedKey}\n`);
  }

  async removePeer(link: string, publicKey: string): Promise<void> {
    await run(this.#wg, ['set', link, 'peer', publicKey, 'remove']);
  }

  async peers(link: string): Promise<readonly PeerState[]> {
    return parseDump(await run(this.#wg, ['show', link, 'dump']));
  }
}

/** `wg show IF dump`: the device's line first (it holds the private key: skipped), then one line a peer. */
export function parseDump(dump: string): readonly PeerState[] {
  const peers: PeerState[] = [];
  for (const line of dump.split('\n').slice(1)) {
    const [publicKey, , endpoint, , handshake, rx, tx] = line.split('\t');
    if (!publicKey || endpoint === undefined) continue;
    peers.push({
      publicKey,
      endpoint: parseEndpoint(endpoint),
      handshakeAt: Number(handshake) * 1000,
      rxBytes: Number(rx),
      txBytes: Number(tx),
    });
  }
  return peers;
}

export function portBusy(port: number, cause: unknown): WarrenError {
  return new WarrenError(
    'port_busy',
    `UDP port ${port} is in use.`,
    'Close the program that holds the port, or use another one.',
    { cause },
  );
}
