/** How the popup looked, as it leaves it for the next one (`storage.session`). */
import type { View } from '../../messages.ts';

/** Shown only while the background keeps a view beside it: then nothing is protected. */
export const DRAWING_KEY = 'drawing';

export interface Drawing {
  /** `drawnOf` its view. */
  readonly of: string;
  /** What is in the popup's root, and the language that it is in. */
  readonly html: string;
  readonly lang: string;
  readonly dir: string;
}

/** What a drawing of this view says and may have changed since. The rest of it may be old for the moment it is seen. */
export function drawnOf({ routes, wallet, exits }: View): string {
  // Chromium's store hands an object back with its keys in another order.
  return JSON.stringify([Object.entries(routes.defaultExit).sort(), wallet.exists, exits.map(({ phase }) => phase)]);
}
