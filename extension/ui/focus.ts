/** Where the focus goes when a part of the screen comes or goes: before it is drawn, so that no key is lost between. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** The element takes the focus when it appears, and gives it back to whoever had it when it goes. */
export function useBorrowedFocus<E extends HTMLElement>(wanted = true): RefObject<E | null> {
  const element = useRef<E>(null);
  useLayoutEffect(() => {
    if (!wanted) return;
    const before = document.activeElement;
    element.current?.focus();
    return () => giveBack(before);
  }, []);
  return element;
}

/** A dialog that is open while it is drawn. Taken away, it would leave the focus nowhere. */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const sheet = dialog.current;
    const before = document.activeElement;
    sheet?.showModal?.();
    return () => {
      // While it is open, nothing behind it can be focused.
      sheet?.close?.();
      giveBack(before);
    };
  }, []);
  return dialog;
}

function giveBack(before: Element | null): void {
  if (before instanceof HTMLElement && before.isConnected) before.focus();
}
