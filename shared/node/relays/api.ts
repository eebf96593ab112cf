/**
 * Rendezvous over Nostr relays, as the session loops see it (`open.ts` makes it). Written against
 * NIP-01, 09, 11 and 40: any such relay will do. One WebSocket a relay carries both halves.
 */
import type { Clock, Directory, Signal } from '../../effects.ts';

export interface RendezvousOptions {
  /** ws:// or wss:// URLs; all are used, any one that answers is enough. */
  readonly relays: readonly string[];
  readonly clock: Clock;
  /**
   * The provider's hot key (32 bytes): signs proposals and answers. Without it `publish`, `withdraw`
   * and `listen` throw; each conversation opens under a fresh key of its own anyway.
   */
  readonly secretKey?: Uint8Array;
}

export interface Rendezvous {
  readonly directory: Directory;
  readonly signal: Signal;
  /** Resolves once one relay is connected; rejects with `relay_unreachable` after `timeout`. */
  ready(timeout: number): Promise<void>;
  /** The network may be another one: whoever does not answer at once is connected anew. */
  check(): void;
  /** Our address is another one: everybody is connected anew; nothing subscribed or under way is forgotten. */
  renew(): void;
  onStatus(handler: (status: ReturnType<Directory['status']>) => void): () => void;
  close(): Promise<void>;
}

/** `openRendezvous` in open.ts. Never waits: sockets connect, and reconnect, in the background. */
export type OpenRendezvous = (options: RendezvousOptions) => Rendezvous;
