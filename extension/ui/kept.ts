/**
 * What was last seen, asked for before anything else of a window runs: the answer is on its way while the rest of the
 * window's code still is. So every window imports this first.
 */
import { browser } from '../browser.ts';
import { PICTURE_KEY, type View } from '../messages.ts';

/** Null where nothing is kept: protection is on, and the background awake. */
export const kept: Promise<View | null> = browser.storage.session
  .get(PICTURE_KEY)
  .then(({ [PICTURE_KEY]: picture }) => (picture as View | undefined) ?? null);
