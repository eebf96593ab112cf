/** What netd found on this machine and works with: made once at start, handed to every tunnel. */
import type { Belt } from './belt.ts';
import type { Programs } from './commands.ts';
import type { Forwarding } from './forwarding.ts';
import type { Nft } from './nft.ts';
import type { Routes } from './routes.ts';
import type { WireGuard } from './wireguard.ts';

export type Log = (level: 'info' | 'warn', message: string, cause?: unknown) => void;

export interface Machine {
  readonly programs: Programs;
  readonly nft: Nft;
  readonly routes: Routes;
  readonly belt: Belt;
  readonly forwarding: Forwarding;
  readonly wireguard: WireGuard;
  /** Whether nftables takes the splice, and it can be told whose a port is. */
  readonly splice: boolean;
  readonly log: Log;
}
