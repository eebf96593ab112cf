/** What both windows do first: the line to the background, the language, the root. */
import { type ComponentChild, render } from 'preact';
import type { View } from '../messages.ts';
import { direction, language } from './i18n.ts';
import type { Line } from './line.ts';
import { open } from './link.ts';

/** @param first as `open` takes it */
export async function show(root: ComponentChild, first: View | Line): Promise<void> {
  document.documentElement.lang = language();
  document.documentElement.dir = direction();
  const place = document.getElementById('app');
  if (!place) return;
  // Not before there is something to show: a frame with nothing in it would hold up the one that has.
  await open(first);
  render(root, place);
  place.inert = false;
  // What `npm run bench` reads: from here on it can be pressed.
  performance.mark('usable');
}
