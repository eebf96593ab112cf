/** The host's one connection to warren-netd, or to what stands in for it: opened when needed, shared by all exits, watched. */
import { CALLED } from '../shared/base/called.ts';
import { asWarrenError, type WarrenErrorData } from '../shared/base/errors.ts';
import type { Ms } from '../shared/base/units.ts';
import type { TunnelDevice } from '../shared/effects.ts';
import { NETD_VERSION } from '../shared/wire/netd.ts';
import type { World } from './world.ts';

/** So that the screen "netd is not running" goes away by itself once it runs. */
const PROBE_EVERY: Ms = 2_000;

const NETD_GONE: WarrenErrorData = {
  code: 'netd_unreachable',
  message: 'warren-netd stopped; its tunnels are gone, and nothing leaves outside them.',
  action: 'Run "sudo systemctl restart warren-netd" if it does not come back by itself.',
};
const NAMESPACE_GONE: WarrenErrorData = {
  code: 'netd_unreachable',
  message: 'The process that held the tunnels stopped; they are gone, and nothing leaves outside them.',
  action: `Wait a moment: it is started again by itself. Run "${CALLED.doctor}" if it is not.`,
};

export class Device {
  readonly #world: World;
  readonly #changed: () => void;
  readonly #lost = new Set<(error: WarrenErrorData) => void>();
  #connecting: Promise<TunnelDevice> | null = null;
  #closed = false;
  status: 'unknown' | 'ready' | 'unreachable' = 'unknown';
  backend: 'kernel' | 'wireguard-go' | null = null;
  /** The tunnels are in a namespace of our own: there is no netd. */
  rootless = false;
  /** False where nftables is missing: WireGuard then takes the path's port over. */
  splice = true;
  error: WarrenErrorData | null = null;

  constructor(world: World, changed: () => void) {
    this.#world = world;
    this.#changed = changed;
    this.#probe();
  }

  /** @throws WarrenError `netd_unreachable`, `version_unsupported`. */
  get(): Promise<TunnelDevice> {
    this.#connecting ??= this.#connect();
    return this.#connecting;
  }

  /** Everything that was made over the connection is gone. */
  onLost(handler: (error: WarrenErrorData) => void): () => void {
    this.#lost.add(handler);
    return () => this.#lost.delete(handler);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const device = await this.#connecting?.catch(() => null);
    await device?.close();
  }

  async #connect(): Promise<TunnelDevice> {
    try {
      const device = await this.#world.connectNetd();
      const { backend, splice, rootless } = await device.ask<'hello'>({ verb: 'hello', version: NETD_VERSION });
      device.onLost(() => this.#onLost());
      this.backend = backend;
      this.splice = splice;
      this.rootless = rootless ?? false;
      this.#set('ready', null);
      return device;
    } catch (thrown) {
      this.#connecting = null;
      const error = asWarrenError(thrown);
      this.#set('unreachable', error.data());
      this.#probeLater();
      throw error;
    }
  }

  #onLost(): void {
    this.#connecting = null;
    const error = this.rootless ? NAMESPACE_GONE : NETD_GONE;
    this.#set('unreachable', error);
    for (const handler of [...this.#lost]) handler(error);
    this.#probeLater();
  }

  #probe(): void {
    if (!this.#closed) this.get().catch(() => {});
  }

  #probeLater(): void {
    if (!this.#closed) this.#world.clock.after(PROBE_EVERY, () => this.#probe());
  }

  #set(status: Device['status'], error: WarrenErrorData | null): void {
    this.status = status;
    this.error = error;
    this.#changed();
  }
}
