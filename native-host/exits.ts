/** All exits of the current intent: makes them, hands the intent on, forgets them when they are done. */
import type { Address, Wei } from '../shared/base/units.ts';
import type { Intent } from '../shared/wire/native.ts';
import type { Discovery } from './discovery.ts';
import { Exit } from './exit.ts';
import type { OpenExit } from './exit-checks.ts';
import type { Log } from './log.ts';
import type { Shared } from './shared.ts';
import type { World } from './world.ts';

export class Exits {
  readonly #world: World;
  readonly #shared: Shared;
  readonly #discovery: Discovery;
  readonly #log: Log;
  readonly #changed: (urgent?: boolean) => void;
  readonly #exits = new Map<string, Exit>();

  constructor(world: World, shared: Shared, discovery: Discovery, log: Log, changed: (urgent?: boolean) => void) {
    this.#world = world;
    this.#shared = shared;
    this.#discovery = discovery;
    this.#log = log;
    this.#changed = changed;
  }

  apply(intent: Intent): void {
    const { payer } = intent;
    const avoid = intent.avoid ?? [];
    const wanted = intent.connected && payer ? intent.exits.map((want) => ({ ...want, avoid })) : [];
    const ids = new Set(wanted.map((want) => want.exitId));
    for (const [id, exit] of this.#exits) {
      if (ids.has(id)) continue;
      exit.disconnect(intent.closeChannels);
      // What is over stays to be seen until the user goes on to something else.
      if (intent.connected && exit.idle) this.#exits.delete(id);
    }
    if (payer) for (const want of wanted) this.#exit(want, payer).connect(want, payer);
    this.#changed();
  }

  signer(payee: Address, privateKey: string, maxPricePerMB: Wei | null): void {
    this.#shared.addSigner(payee, privateKey, maxPricePerMB);
    for (const exit of this.#exits.values()) exit.offerSigner(payee);
  }

  walletMoved(): void {
    for (const exit of this.#exits.values()) exit.walletMoved();
  }

  retry(): void {
    for (const exit of this.#exits.values()) exit.retry();
  }

  stopPaying(stopped: boolean): void {
    this.#shared.stopPaying = stopped;
    for (const exit of this.#exits.values()) exit.stopPaying(stopped);
  }

  get idle(): boolean {
    return [...this.#exits.values()].every((exit) => exit.idle);
  }

  get nat(): Exit['nat'] {
    return [...this.#exits.values()].map((exit) => exit.nat).find((nat) => nat !== null) ?? null;
  }

  /** Those that carry traffic. */
  get open(): OpenExit[] {
    return [...this.#exits.values()].flatMap((exit) => exit.open ?? []);
  }

  view(): ReturnType<Exit['view']>[] {
    return [...this.#exits.values()].map((exit) => exit.view());
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#exits.values()].map((exit) => exit.stop()));
    this.#exits.clear();
  }

  #exit(want: Intent['exits'][number], payer: Address): Exit {
    const known = this.#exits.get(want.exitId);
    if (known) return known;
    const exit = new Exit(this.#world, this.#shared, this.#discovery, want, payer, this.#log, this.#changed);
    this.#exits.set(want.exitId, exit);
    return exit;
  }
}
