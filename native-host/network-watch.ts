/** Tells when this machine's way out may be another one: its addresses or routes changed, or it slept. */
import type { Ms } from '../shared/base/units.ts';
import type { Unsubscribe } from '../shared/effects.ts';
import type { World } from './world.ts';

export interface NetworkChange {
  /** Our addresses are others, or the machine slept; false for any other event: router advertisements are many. */
  readonly certain: boolean;
  readonly sleptMs: Ms;
}

/** How often the machine's own addresses are looked at, should no event say that they changed. */
const LOOK_EVERY: Ms = 2_000;
/** A look that comes so much too late means that the machine slept. */
const SLEPT: Ms = 3_000;

export function watchNetwork(world: World, changed: (change: NetworkChange) => void): Unsubscribe {
  const { clock } = world;
  let known = addresses(world);
  let lookedAt = clock.now();
  let cancel: Unsubscribe = () => {};
  const moved = (): boolean => {
    const before = known;
    known = addresses(world);
    return known !== before;
  };
  const look = () => {
    cancel = clock.after(LOOK_EVERY, look);
    const late = clock.now() - lookedAt - LOOK_EVERY;
    lookedAt = clock.now();
    const sleptMs = late < SLEPT ? 0 : late;
    if (moved() || sleptMs > 0) changed({ certain: true, sleptMs });
  };
  cancel = clock.after(LOOK_EVERY, look);
  const forget = world.onNetwork(() => changed({ certain: moved(), sleptMs: 0 }));
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
