/**
 * The host's loop: intents in, snapshots out. The only place where machines and adapters meet (with
 * the files beside it); it knows nothing of stdin and stdout.
 */
import { asWarrenError, type WarrenErrorData } from '../shared/base/errors.ts';
import type { Address } from '../shared/base/units.ts';
import type { Down, Intent, UpInput } from '../shared/wire/native.ts';
import { Discovery } from './discovery.ts';
import { Exits } from './exits.ts';
import type { Log } from './log.ts';
import { answer } from './requests.ts';
import { Shared } from './shared.ts';
import type { SignedAmounts } from './signed-amounts.ts';
import { Snapshots } from './snapshots.ts';
import type { World } from './world.ts';

/** Questions under way at once; more are refused, as no honest extension asks so many. */
const MAX_QUESTIONS = 64;

export interface SessionLoopOptions {
  readonly hostVersion: string;
  readonly testSwitches: boolean;
  readonly log: Log;
  /** Closed with the loop. */
  readonly signed: SignedAmounts;
}

export interface Outlet {
  send(message: UpInput): void;
  readonly congested: boolean;
}

export class SessionLoop {
  readonly #world: World;
  readonly #outlet: Outlet;
  readonly #options: SessionLoopOptions;
  readonly #shared: Shared;
  readonly #discovery: Discovery;
  readonly #exits: Exits;
  readonly #snapshots: Snapshots;
  readonly #forgetRelay: () => void;
  #relay: 'connecting' | 'connected' | 'unreachable';
  #payer: Address | null = null;
  #questions = 0;

  constructor(world: World, outlet: Outlet, options: SessionLoopOptions) {
    this.#world = world;
    this.#outlet = outlet;
    this.#options = options;
    const changed = (urgent?: boolean) => this.#snapshots?.touch(urgent);
    this.#shared = new Shared(world, options.signed, changed);
    this.#discovery = new Discovery(world);
    this.#exits = new Exits(world, this.#shared, this.#discovery, options.log, changed);
    this.#snapshots = new Snapshots(
      world.clock,
      () => this.#snapshot(),
      (snapshot) => outlet.send(snapshot),
      () => outlet.congested,
    );
    this.#relay = world.rendezvous.directory.status();
    this.#forgetRelay = world.rendezvous.onStatus((status) => {
      // Back on the network: what waits for its back-off need not wait.
      if (status === 'connected' && this.#relay === 'unreachable') this.#exits.retry();
      this.#relay = status;
      changed();
    });
    changed();
  }

  handle(message: Exclude<Down, { type: 'hello' }>): void {
    switch (message.type) {
      case 'intent':
        this.#intent(message);
        break;
      case 'signer':
        this.#exits.signer(message.payee, message.privateKey, message.maxPricePerMB ?? null);
        break;
      case 'request':
        void this.#answer(message);
        break;
    }
  }

  /** Everything goes, without settling: the browser is gone. */
  async stop(): Promise<void> {
    this.#snapshots.stop();
    this.#forgetRelay();
    // netd first: closing its connection takes every tunnel and route down in one stroke.
    const device = this.#shared.device.close();
    await Promise.all([device, this.#exits.stop(), this.#world.rendezvous.close()]);
    this.#world.ledger.close();
    this.#shared.wipe();
    this.#options.signed.close();
  }

  #intent(intent: Intent): void {
    if (this.#payer !== null && intent.payer !== this.#payer) this.#shared.wipe();
    this.#payer = intent.payer;
    this.#exits.apply(intent);
  }

  async #answer({ id, body }: Extract<Down, { type: 'request' }>): Promise<void> {
    if (this.#questions >= MAX_QUESTIONS) {
      const error = { code: 'rate_limited', message: 'Too many questions at once.', action: 'Wait a moment.' };
      this.#outlet.send({ type: 'response', id, error });
      return;
    }
    this.#questions++;
    try {
      const host = {
        world: this.#world,
        shared: this.#shared,
        discovery: this.#discovery,
        exits: this.#exits,
        relay: () => this.#relay,
        testSwitches: this.#options.testSwitches,
      };
      const result = await answer(host, body);
      this.#outlet.send({ type: 'response', id, result });
    } catch (error) {
      this.#outlet.send({ type: 'response', id, error: asWarrenError(error).data() });
    } finally {
      this.#questions--;
    }
  }

  #snapshot(): Omit<Extract<UpInput, { type: 'snapshot' }>, 'type' | 'sequence'> {
    const { device, ledger } = this.#shared;
    const { nat } = this.#exits;
    return {
      host: {
        version: this.#options.hostVersion,
        relay: this.#relay,
        ledger: ledger.status,
        netd: device.status,
        backend: device.backend,
        nat: nat && { mapping: nat.mapping, filtering: nat.filtering },
      },
      idle: this.#exits.idle,
      exits: this.#exits.view(),
      error: this.#error(),
    };
  }

  /** What stands in the way of everything. */
  #error(): WarrenErrorData | null {
    return this.#shared.device.status === 'unreachable' ? this.#shared.device.error : null;
  }
}
