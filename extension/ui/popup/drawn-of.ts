import type { View } from '../../messages.ts';

/** What a drawing of this view says and may have changed since. The rest of it may be old for the moment it is seen. */
export function drawnOf({ routes, wallet, exits }: View): string {
  // Chromium's store hands an object back with its keys in another order.
  return JSON.stringify([Object.entries(routes.defaultExit).sort(), wallet.exists, exits.map(({ phase }) => phase)]);
}
