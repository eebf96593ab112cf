/** When a client counts as gone. Pure: signs of life in, a reason out. WireGuard, not STUN, is the truth. */
import type { Ms } from '../shared/base/units.ts';

export interface Signs {
  readonly establishedAt: Ms;
  /** A WireGuard handshake has been completed. */
  readonly shookHands: boolean;
  /** When WireGuard last received anything from the client. */
  readonly receivedAt: Ms;
  /** The checks hear nothing on any path. */
  readonly pathLost: boolean;
  /** A control connection stands (TCP notices late). */
  readonly control: boolean;
}

export const WATCH_EVERY_MS: Ms = 2_000;
/** No path, no control connection and silence. */
export const SILENT_MS: Ms = 30_000;
/** Silence alone: the client's keepalive of 25 s failed twice. */
export const DEAD_MS: Ms = 65_000;

/** Null while it lives. */
export function isGone(signs: Signs, now: Ms): string | null {
  const silent = now - signs.receivedAt;
  if (!signs.shookHands) return now - signs.establishedAt >= SILENT_MS ? 'WireGuard never came up' : null;
  if (silent >= DEAD_MS) return 'silent';
  return silent >= SILENT_MS && signs.pathLost && !signs.control ? 'path lost' : null;
}
