/** Divides a full line among the clients: looks at their rates now and then and moves the firewall's limit. */
import type { Clock, Unsubscribe } from '../shared/effects.ts';
import { FairShare } from './fair-share.ts';
import type { Sessions } from './sessions.ts';
import type { LiveConfig } from './settings/live.ts';

export interface Sharing {
  /** Kbit/s that one client may have now; 0: no limit. */
  readonly perClientKbps: number;
  /** The even share while the line is full; null: it is not. */
  readonly shareKbps: number | null;
  /** Clients that move bytes, and what all receive. */
  readonly load: { readonly busy: number; readonly mbps: number };
  stop(): void;
}

const LOOK_MS = 1_000;
/** Below this a client rests: keepalives, a chat. */
const BUSY_KBPS = 50;

/** @param apply sets the new limit in the firewall; its failures are its own to report. */
export function shareLine(live: LiveConfig, sessions: Sessions, clock: Clock, apply: () => void): Sharing {
  const share = new FairShare();
  let load = { busy: 0, mbps: 0 };
  let cancel: Unsubscribe = () => {};
  const limits = () => ({
    capacityKbps: live.now.capacityMbps * 1000,
    perClientKbps: live.now.perClientMbps * 1000,
  });

  function look(): void {
    const rates = sessions.all.filter(({ admitted }) => admitted).map(({ txRate }) => (txRate * 8) / 1000);
    const busy = rates.filter((rate) => rate >= BUSY_KBPS);
    load = { busy: busy.length, mbps: rates.reduce((sum, rate) => sum + rate, 0) / 1000 };
    if (share.handle(busy, limits(), clock.now())) apply();
    cancel = clock.after(LOOK_MS, look);
  }
  cancel = clock.after(LOOK_MS, look);

  return {
    get perClientKbps() {
      return share.limit ?? live.now.perClientMbps * 1000;
    },
    get shareKbps() {
      return share.limit;
    },
    get load() {
      return load;
    },
    stop: () => cancel(),
  };
}
