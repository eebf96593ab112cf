/** How long a session waits for what. Ours, not a standard's; all in milliseconds. */
import type { Ms } from '../../base/units.ts';

/** The promise: no network step keeps the user without an answer for longer than this in total. */
export const BUDGET: Ms = 8_000;
/** After a wait for the user that was longer than `NOTICEABLE`, at least this much is left again. */
const BUDGET_AFTER_USER: Ms = 6_000;
const NOTICEABLE: Ms = 1_000;
export const DISCOVER_LIMIT: Ms = 4_000;
/** Two trips through a relay and a chain read at the provider. */
export const SHAKE_LIMIT: Ms = 5_000;
/** Once path and tunnel are there, how long to wait for m4 before WireGuard goes ahead alone. */
export const ACCEPT_GRACE: Ms = 400;
/** While the user approves a transaction: how often the chain is asked whether the channel is there. */
export const CHANNEL_POLL: Ms = 1_000;
/** A tunnel that broke sooner than this after coming up counts as a failed round: back-off, no tight loop. */
export const STABLE: Ms = 5_000;
/** Last proof, close request, and the provider's transaction mined. */
export const CLOSE_LIMIT: Ms = 15_000;
const BACK_OFF_FIRST: Ms = 1_000;
const BACK_OFF_MOST: Ms = 60_000;

/** 1, 2, 4 … 60 s after the first, second, third … whole failure in a row. */
export function backOff(round: number): Ms {
  return Math.min(BACK_OFF_MOST, BACK_OFF_FIRST * 2 ** Math.min(round, 10));
}

/** The end of the budget that was put aside while the user was asked. */
export function resumeBy(asked: { readonly budget: Ms; readonly askedAt: Ms }, now: Ms): Ms {
  const waited = now - asked.askedAt;
  return now + (waited > NOTICEABLE ? Math.max(asked.budget, BUDGET_AFTER_USER) : asked.budget - waited);
}
