/** Whether one more client fits: pure, on what the node knows of itself. */

export interface Load {
  readonly draining: boolean;
  /** Clients with a tunnel, and handshakes under way. */
  readonly active: number;
  readonly shaking: number;
  /** Clients that move bytes now, and what all of them receive together. */
  readonly busy: number;
  readonly mbps: number;
  /** Null: this system does not tell. */
  readonly freeMemoryMB: number | null;
  /** It does not keep up with those who are here. */
  readonly strained: boolean;
}

export interface RoomLimits {
  readonly maxClients: number;
  readonly capacityMbps: number;
  readonly fairShareMbps: number;
  readonly minFreeMemoryMB: number;
}

export const NO_ROOM = ['draining', 'clients', 'handshakes', 'processor', 'memory', 'bandwidth'] as const;
export type NoRoom = (typeof NO_ROOM)[number];

/** Handshakes under way: each holds an address pair and some kilobytes for at most 20 s. */
export const MAX_SHAKING = 256;
/** A line that carries this part of what it can is full: the rest is what TCP leaves free by itself. */
const FULL = 0.9;

/** Why not; null when there is room. */
export function noRoom(load: Load, limits: RoomLimits): NoRoom | null {
  if (load.draining) return 'draining';
  if (load.active + load.shaking >= limits.maxClients + MAX_SHAKING || load.active >= limits.maxClients)
    return 'clients';
  if (load.shaking >= MAX_SHAKING) return 'handshakes';
  if (load.strained) return 'processor';
  if (load.freeMemoryMB !== null && load.freeMemoryMB < limits.minFreeMemoryMB) return 'memory';
  const isFull = load.mbps >= FULL * limits.capacityMbps;
  if (isFull && limits.capacityMbps / (load.busy + 1) < limits.fairShareMbps) return 'bandwidth';
  return null;
}
