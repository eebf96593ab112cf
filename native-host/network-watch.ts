/** Tells when this machine's way out may be another one: its addresses or routes changed, or it slept. */
import type { Ms } from '../shared/base/units.ts';
import type { Unsubscribe } from '../shared/effects.ts';
import type { World } from './world.ts';

/** How often the machine's own addresses are looked at, should no event say that they changed. */
const LOOK_EVERY: Ms = 2_000;
/** A look that comes so much too late means that the machine slept. */
const SLEPT: Ms = 3_000;

/** @param changed with how long the machine slept, ms; 0 when it did not. */
export function watchNetwork(world: World, changed: (sleptMs: Ms) => void): Unsubscribe {
  const { clock } = world;
  let known = addresses(world);
  let lookedAt = clock.now();
  let cancel: Unsubscribe = () => {};
  const look = () => {
    cancel = clock.after(LOOK_EVERY, look);
    const late = clock.now() - lookedAt - LOOK_EVERY;
    lookedAt = clock.now();
    const now = addresses(world);
    if (now === known && late < SLEPT) return;
    known = now;
    changed(late < SLEPT ? 0 : late);
  };
  cancel = clock.after(LOOK_EVERY, look);
  const forget = world.onNetwork(() => {
    known = addresses(world);
    changed(0);
  });
  return () => {
    cancel();
    forget();
  };
}

function addresses(world: World): string {
  return world
    .hostAddresses(1)
    .map(({ address }) => address)
    .sort()
    .join(' ');
}
