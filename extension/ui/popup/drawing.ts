/** Keeps how the popup looks while nothing is protected: the next one opens with it (`early.ts`). In memory only. */
import { useEffect } from 'preact/hooks';
import { browser } from '../../browser.ts';
import { DRAWING_KEY, type Drawing } from '../../messages.ts';

/** What is on screen for less than this is not what was last seen. */
const CALM_MS = 200;

/** @param worth false while what is drawn must not be shown again: it says that something is protected, or in the way */
export function useDrawing(worth: boolean): void {
  // After every time that the popup is drawn.
  useEffect(() => {
    if (!worth) return;
    const timer = setTimeout(keep, CALM_MS);
    return () => clearTimeout(timer);
  });
}

function keep(): void {
  const place = document.getElementById('app');
  // A form is of the moment, and so is a question.
  if (!place || place.querySelector('form, dialog')) return;
  const copy = place.cloneNode(true) as HTMLElement;
  // The next popup is about another page.
  copy.querySelector('.site')?.remove();
  const { lang, dir } = document.documentElement;
  const drawing: Drawing = { html: copy.innerHTML, lang, dir };
  void browser.storage.session.set({ [DRAWING_KEY]: drawing }).catch(() => {});
}
