/**
 * What runs inside the page for a locator. Each function is sent as text: it may use nothing but its
 * arguments and what a page has.
 */

/** A way down the document: a selector below what was found so far, or one of what was found. */
export type Step = { readonly below: string } | { readonly nth: number };

export interface Seen {
  readonly count: number;
  /** Of the first element found, if there is one. */
  readonly text: string | null;
  readonly attribute: string | null;
  readonly enabled: boolean;
  readonly checked: boolean;
  readonly visible: boolean;
  /** Its box in CSS pixels of the viewport, scrolled into view. */
  readonly box: readonly [x: number, y: number, width: number, height: number] | null;
  /** Nothing lies over its middle. */
  readonly hit: boolean;
}

export function find(steps: readonly Step[]): Element[] {
  let found: (Element | Document)[] = [document];
  for (const step of steps) {
    if ('nth' in step) found = found.slice(step.nth, step.nth + 1);
    else found = [...new Set(found.flatMap((root) => [...root.querySelectorAll(step.below)]))];
  }
  return found as Element[];
}

export function look(elements: Element[], attribute: string, scroll: boolean): Seen {
  const element = elements[0];
  const nothing = {
    text: null,
    attribute: null,
    enabled: false,
    checked: false,
    visible: false,
    box: null,
    hit: false,
  };
  if (!element) return { count: 0, ...nothing };
  if (scroll) element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
  const { x, y, width, height } = element.getBoundingClientRect();
  const top = document.elementFromPoint(x + width / 2, y + height / 2);
  const label = element.closest('label');
  return {
    count: elements.length,
    text: element.textContent,
    attribute: element.getAttribute(attribute),
    enabled: !element.matches(':disabled'),
    checked: (element as HTMLInputElement).checked === true,
    visible: width > 0 && height > 0 && getComputedStyle(element).visibility === 'visible',
    box: [x, y, width, height],
    hit: top !== null && (element.contains(top) || label?.contains(top) === true),
  };
}

/** Remembers of the next press of the mouse whether it met the first of the elements. */
export function watchPress(elements: Element[]): void {
  const page = window as Window & { pressMissed?: boolean };
  page.pressMissed = false;
  const heard = ({ target }: Event): void => {
    const met = (element: Element | null | undefined): boolean => element?.contains(target as Node) === true;
    page.pressMissed = !met(elements[0]) && !met(elements[0]?.closest('label'));
  };
  window.addEventListener('pointerdown', heard, { capture: true, once: true });
}

export function pressMissed(): boolean {
  return (window as Window & { pressMissed?: boolean }).pressMissed === true;
}

export function focus(elements: Element[]): void {
  (elements[0] as HTMLElement).focus();
}

/** As if typed: the whole text replaced, with the events that typing raises. */
export function fill(elements: Element[], text: string): void {
  const input = elements[0] as HTMLInputElement;
  input.focus();
  input.select();
  if (text === '') document.execCommand('delete');
  else document.execCommand('insertText', false, text);
}

/** The option with that value is there and was chosen. */
export function choose(elements: Element[], value: string): boolean {
  const select = elements[0] as HTMLSelectElement;
  if (![...select.options].some((option) => option.value === value)) return false;
  select.value = value;
  select.dispatchEvent(new Event('input', { bubbles: true }));
  select.dispatchEvent(new Event('change', { bubbles: true }));
  return true;
}
