/** A client that is connected through the lab, and a pulse through its tunnel: what the outages befall. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Exit } from '../../shared/wire/native.ts';
import type { Home } from '../lab/home.ts';
import { forgetMappings } from '../lab/nat.ts';
import { inNamespace } from '../lab/run.ts';
import { createScene, type Scene, type SceneOptions } from '../lab/scene.ts';
import { type Driver, startDriver } from '../net/host-driver.ts';
import { type Pulse, startEcho, startPulse } from './pulse.ts';

/** Traffic has to flow again so soon after the network does. */
export const LIMIT_MS = 2_000;

/** How long something lasts that is done to the network or the machine. No state is waited for: the time is the trouble. */
export const lasting = (ms: number): Promise<void> => sleep(ms);

/** The home's router lets no datagram through any more, known flow or not; streams pass. */
export async function blockUdp({ router }: Home): Promise<void> {
  const wall = 'table ip wall { chain fw { type filter hook forward priority -200; meta l4proto udp drop; }; }\n';
  await inNamespace(router, 'nft', ['-f', '-'], wall);
}

export async function passUdp({ router }: Home): Promise<void> {
  await inNamespace(router, 'nft', ['delete', 'table', 'ip', 'wall']);
}

export class OutageBench {
  readonly scene: Scene;
  readonly driver: Driver;
  pulse: Pulse;
  readonly #upAt: number;

  static async create(options: SceneOptions = {}): Promise<OutageBench> {
    const scene = await createScene(options);
    try {
      const driver = await startDriver(scene);
      await scene.chain.give(driver.account.address, { token: '5', coin: '1' });
      await startEcho(scene);
      await driver.connect([{ exitId: 'de', country: 'DE' }]);
      const pulse = await startPulse(scene);
      await pulse.backAfter(0);
      return new OutageBench(scene, driver, pulse);
    } catch (error) {
      await scene.close();
      throw error;
    }
  }

  private constructor(scene: Scene, driver: Driver, pulse: Pulse) {
    this.scene = scene;
    this.driver = driver;
    this.pulse = pulse;
    this.#upAt = this.exit.upAt ?? 0;
  }

  get exit(): Exit {
    const exit = this.driver.host.exit('de');
    if (!exit) throw new Error('no exit');
    return exit;
  }

  /** Another public address for a home, all mappings forgotten; when the network was back, `ms` later. */
  async renumber(wan: string, ms: number, home: Home = this.scene.client.home): Promise<number> {
    const router = (...args: readonly string[]) => inNamespace(home.router, 'ip', args);
    await router('link', 'set', 'wan', 'down');
    await router('address', 'flush', 'dev', 'wan');
    if (ms > 0) {
      await this.pulse.gone();
      await lasting(ms);
    }
    await forgetMappings(home);
    await router('address', 'add', `${wan}/32`, 'dev', 'wan');
    await router('link', 'set', 'wan', 'up');
    const restored = Date.now();
    await router('route', 'replace', 'default', 'dev', 'wan', 'scope', 'link', 'src', wan);
    return restored;
  }

  /** No datagram passes at the client's any more; waits until the relay carries over TCP, and says how long that took. */
  async overStream(): Promise<void> {
    await blockUdp(this.scene.client.home);
    const lastHeard = await this.pulse.gone();
    const took = (await this.pulse.backAfter(lastHeard)) - lastHeard;
    console.log(`UDP blocked: the relay carries over TCP ${took} ms after the last datagram`);
    expect(took).toBeLessThan(LIMIT_MS);
    await this.driver.host.until('the relay is told', () => this.exit.path?.kind === 'relay');
  }

  /** It is the session of the beginning, not one that was made anew. */
  sameSession(): void {
    expect(this.exit).toMatchObject({ upAt: this.#upAt });
  }

  /** Waits for the traffic of before, and says how long after `restored` it flowed. */
  async flowsAgain(what: string, restored: number, after = restored): Promise<void> {
    const took = (await this.pulse.backAfter(after)) - restored;
    console.log(`${what}: traffic flows after ${took} ms, ${this.exit.path?.kind}`);
    expect(took).toBeLessThan(LIMIT_MS);
    this.sameSession();
  }

  /** For a test that failed: what host and node said last. */
  tell(): void {
    const { client, providers } = this.scene;
    console.log(readFileSync(client.hostLog, 'utf8').slice(-3_000), providers.de.process.tail(20));
  }

  async close(): Promise<void> {
    this.driver.close();
    await this.scene.close();
  }
}
