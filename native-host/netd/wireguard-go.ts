/**
 * WireGuard in user space, where the kernel has no module: one wireguard-go process a link, in the
 * foreground and a child of netd, configured over its control socket.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { WarrenError } from '../../shared/base/errors.ts';
import { ask, deviceRequest, parsePeers, peerRequest, removePeerRequest, UapiFailed, uapiSocket } from './uapi.ts';
import type { DeviceConfig, PeerConfig, PeerState, WireGuard } from './wireguard.ts';
import { portBusy } from './wireguard-tool.ts';

const START_LIMIT_MS = 5_000;
const START_POLL_MS = 5;
const STOP_LIMIT_MS = 2_000;

export class WireGuardGo implements WireGuard {
  readonly kind = 'wireguard-go';
  readonly #program: string;
  readonly #processes = new Map<string, ChildProcess>();

  constructor(program: string) {
    this.#program = program;
  }

  async add(link: string): Promise<void> {
    const child = spawn(this.#program, ['-f', link], {
      stdio: 'ignore',
      env: { LOG_LEVEL: 'silent', WG_PROCESS_FOREGROUND: '1' },
      cwd: '/',
    });
    this.#processes.set(link, child);
    let failure: Error | null = null;
    child.once('error', (error) => {
      failure = error;
    });
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await answers(link))) {
      if (failure || child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
        await this.remove(link);
        throw unavailable(failure);
      }
      await sleep(START_POLL_MS);
    }
  }

  async remove(link: string): Promise<void> {
    const child = this.#processes.get(link);
    this.#processes.delete(link);
    // SIGTERM lets it remove its link and its socket; SIGKILL takes the link with the descriptor.
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    }
    rmSync(uapiSocket(link), { force: true });
  }

  async configure(link: string, config: DeviceConfig): Promise<void> {
    await ask(link, deviceRequest(config));
  }

  async setListenPort(link: string, port: number): Promise<void> {
    const before = await this.listenPort(link);
    try {
      await ask(link, deviceRequest({ listenPort: port }));
    } catch (cause) {
      if (!(cause instanceof UapiFailed)) throw cause;
      // wireguard-go closes the old port before it opens the new one: open the old one again.
      await ask(link, deviceRequest({ listenPort: before }));
      throw portBusy(port, cause);
    }
  }

  async listenPort(link: string): Promise<number> {
    const lines = await ask(link, 'get=1\n\n');
    return Number(lines.find(([key]) => key === 'listen_port')?.[1] ?? 0);
  }

  async setPeer(link: string, peer: PeerConfig): Promise<void> {
    await ask(link, peerRequest(peer));
  }

  async removePeer(link: string, publicKey: string): Promise<void> {
    await ask(link, removePeerRequest(publicKey));
  }

  async peers(link: string): Promise<readonly PeerState[]> {
    return parsePeers(await ask(link, 'get=1\n\n'));
  }
}

async function answers(link: string): Promise<boolean> {
  try {
    await ask(link, 'get=1\n\n');
    return true;
  } catch {
    return false;
  }
}

function unavailable(cause: unknown): WarrenError {
  return new WarrenError(
    'wireguard_unavailable',
    'wireguard-go did not start.',
    'Run "sudo modprobe tun", or install a kernel with the WireGuard module.',
    { cause },
  );
}
