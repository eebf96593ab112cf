/** Starts what a public machine lends to the network: STUN, the relay, or both. */
import type { Clock, TransportAddress } from '../shared/effects.ts';
import { createMetrics } from './metrics.ts';
import { measureProcess } from './process-metrics.ts';
import type { Admission } from './relay/intake.ts';
import { startRelay } from './relay/server.ts';
import { startStunServer } from './stun/server.ts';
import { createTurnGrants, type TurnOptions } from './turn.ts';

export interface Helper {
  /** Every socket that answers STUN; empty without `stun`. */
  readonly stun: readonly TransportAddress[];
  readonly relayUrl: string | null;
  close(): Promise<void>;
}

export async function startHelper(options: {
  readonly stun?: TransportAddress | null;
  readonly stunAlternate?: TransportAddress | null;
  readonly relay?: TransportAddress | null;
  /** The relay's port is reached through a proxy on this machine. */
  readonly proxied?: boolean;
  readonly peers?: readonly string[];
  /** A TURN relay for which the helper's relay port gives out passes. */
  readonly turn?: TurnOptions | null;
  readonly clock: Clock;
  readonly admission?: Admission;
}): Promise<Helper> {
  const { stun, stunAlternate = null, relay, peers = [], proxied = false, clock, admission } = options;
  const metrics = createMetrics();
  const stopMeasuring = measureProcess(metrics);
  const turn = options.turn ? createTurnGrants(options.turn, metrics) : null;
  const stunServer = stun ? await startStunServer({ primary: stun, alternate: stunAlternate, metrics }) : null;
  try {
    const relayServer = relay
      ? await startRelay({ listen: relay, proxied, peers, clock, metrics, turn, ...(admission ? { admission } : {}) })
      : null;
    return {
      stun: stunServer?.addresses ?? [],
      relayUrl: relayServer?.url ?? null,
      async close() {
        stopMeasuring();
        await Promise.all([stunServer?.close(), relayServer?.close()]);
      },
    };
  } catch (thrown) {
    stopMeasuring();
    await stunServer?.close();
    throw thrown;
  }
}
