/** Keeps how the popup looks while nothing is protected: the next one opens with it (`early.ts`). In memory only. */
import { useEffect } from 'preact/hooks';
import { browser } from '../../browser.ts';
import type { View } from '../../messages.ts';
import { DRAWING_KEY, type Drawing, drawnOf } from './drawing.ts';

/** What is on screen for less than this is not what was last seen. */
const CALM_MS = 200;

/** @param of what is drawn; null while that must not be shown again: something is protected, or in the way */
export function useDrawing(of: View | null): void {
  // After every time that the popup is drawn.
  useEffect(() => {
    if (!of) return;
    const timer = setTimeout(() => keep(of), CALM_MS);
    return () => clearTimeout(timer);
  });
}

function keep(view: View): void {
  const place = document.getElementById('app');
  // A form is of the moment, and so is a question.
  if (!place || place.querySelector('form, dialog')) return;
  const copy = place.cloneNode(true) as HTMLElement;
  // The next popup is about another page.
  copy.querySelector('.site')?.remove();
  const { lang, dir } = document.documentElement;
  const drawing: Drawing = { of: drawnOf(view), html: copy.innerHTML, lang, dir };
  void browser.storage.session.set({ [DRAWING_KEY]: drawing }).catch(() => {});
}
