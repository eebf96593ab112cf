// @vitest-environment happy-dom
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Command, ExitView, View } from '../../../extension/messages.ts';
import { type Book, EMPTY_BOOK } from '../../../extension/nodes/book.ts';
import { mark, noteEnded } from '../../../extension/nodes/book-notes.ts';
import { TEST } from '../../../extension/ui/testids.ts';
import { exitInput, nodeRef } from './tables.ts';
import { node } from './views.ts';

const sent: Command[] = [];
let remembered: Book = EMPTY_BOOK;

vi.mock('../../../extension/browser.ts', async () => {
  const en = (await import('../../../extension/public/_locales/en/messages.json')).default as Record<
    string,
    { message: string }
  >;
  return {
    message: (key: string, ...subs: string[]) =>
      (en[key]?.message ?? '').replace(/\$(\d)/g, (_, n) => subs[Number(n) - 1] ?? ''),
    browser: { i18n: { getUILanguage: () => 'en' } },
  };
});
vi.mock('../../../extension/ui/link.ts', async () => {
  const { signal } = await import('@preact/signals');
  const send = async (command: Command) => {
    sent.push(command);
    if (command.name === 'nodes') return { nodes: NODES, total: NODES.length };
    if (command.name === 'node.identity') return { bornAt: 1_690_000_000 };
    if (command.name === 'book') return { book: remembered, sessions: [], revision: 1 };
    return null;
  };
  return { view: signal(null), send, fire: (command: Command) => void send(command) };
});

const { view } = await import('../../../extension/ui/link.ts');
const { book } = await import('../../../extension/ui/book.ts');
const { NodeList } = await import('../../../extension/ui/components/NodeList.tsx');
const { LiveExit } = await import('../../../extension/ui/components/LiveExit.tsx');

const NODES = [node(2, 'JP'), node(1, 'DE'), node(3, 'NL', { residential: false, latencyMs: 1, pricePerMB: '5000' })];
const READY = {
  host: { status: 'ready' },
  bookRevision: 1,
  routes: { defaultExit: nodeRef(1, 'DE') },
  network: { tokenSymbol: 'MYST', tokenDecimals: 18 },
} as unknown as View;

const find = (id: keyof typeof TEST, more = '') =>
  document.querySelector<HTMLElement & HTMLInputElement>(`[data-testid="${TEST[id]}"]${more}`);
const all = (id: keyof typeof TEST) => [...document.querySelectorAll<HTMLElement>(`[data-testid="${TEST[id]}"]`)];
const countries = () => all('nodeRow').map((row) => row.dataset.country);
const click = (element: HTMLElement | null | undefined) => act(() => void element?.click());
const press = (element: Element | null, key: string) =>
  act(() => void element?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })));
async function type(element: HTMLInputElement | null, text: string, event = 'input'): Promise<void> {
  await act(() => {
    if (element) element.value = text;
    element?.dispatchEvent(new Event(event, { bubbles: true }));
  });
}

async function list(wide = false): Promise<void> {
  view.value = READY;
  await act(() => render(<NodeList wide={wide} />, document.body));
  await vi.waitFor(() => expect(all('nodeRow')).toHaveLength(3 - remembered.blocked.length));
}

beforeEach(() => {
  sent.length = 0;
  remembered = EMPTY_BOOK;
  book.value = EMPTY_BOOK;
  // So that the watch asks for the book of this test.
  view.value = null;
});
afterEach(() => render(null, document.body));

describe('the node list', () => {
  test('stands nearest first, is searched and filtered, and a press takes a node as the exit', async () => {
    await list();
    expect(countries()).toEqual(['NL', 'DE', 'JP']);
    expect(find('nodeRow', '[data-country=DE]')?.querySelector('[aria-pressed=true]')?.textContent).toBe('Your exit');
    await type(find('nodeSearch'), 'japan');
    expect(countries()).toEqual(['JP']);
    expect(find('nodesStatus')?.textContent).toBe('1 node');
    expect(find('nodesStatus')?.getAttribute('aria-live')).toBe('polite');
    await click(find('nodeSetDefault'));
    expect(sent.at(-1)).toMatchObject({ name: 'default', exit: { kind: 'node', country: 'JP' } });
    await type(find('nodeSearch'), '');
    await act(() => {
      const box = find('nodeResidential');
      if (box) box.checked = true;
      box?.dispatchEvent(new Event('change', { bubbles: true }));
    });
    expect(countries()).toEqual(['DE', 'JP']);
  });

  test('keeps to a price per gigabyte, and a text that is no price filters nothing', async () => {
    await list();
    await type(find('nodeMaxPrice'), '0.000000000002');
    expect(countries()).toEqual(['DE', 'JP']);
    await type(find('nodeMaxPrice'), 'cheap');
    expect(find('nodeMaxPrice')?.getAttribute('aria-invalid')).toBe('true');
    expect(countries()).toHaveLength(3);
  });

  test('asked for a speed shows only what was measured', async () => {
    remembered = noteEnded(
      EMPTY_BOOK,
      { did: nodeRef(2, 'JP').did, bytes: 9, spent: 1n, top: 5_000_000, rttMs: 9, reach: null },
      20_000,
    );
    await list();
    await vi.waitFor(() => expect(find('nodeRow', '[data-country=JP]')?.textContent).toContain('40 Mbit/s'));
    await type(find('nodeSpeed'), '25', 'change');
    expect(countries()).toEqual(['JP']);
    await type(find('nodeSpeed'), '100', 'change');
    expect(countries()).toEqual([]);
  });

  test('takes the fastest and the cheapest with one press', async () => {
    await list();
    await click(find('pickFastest'));
    expect(sent.at(-1)).toMatchObject({ name: 'default', exit: { country: 'NL' } });
    expect(find('pickCheapest')?.dataset.key).toBe(NODES[1]?.did);
    expect(find('pickCheapest')?.getAttribute('aria-pressed')).toBe('true');
  });

  test('marks a favourite, and shows favourites alone', async () => {
    remembered = mark(EMPTY_BOOK, nodeRef(2, 'JP'), 'favourite', true);
    await list();
    await vi.waitFor(() =>
      expect(all('nodeFavourite').filter((star) => star.getAttribute('aria-pressed') === 'true')).toHaveLength(1),
    );
    await click(find('nodeFavourite'));
    expect(sent.at(-1)).toMatchObject({ name: 'node.mark', mark: 'favourite', on: true, node: { country: 'NL' } });
    await click(find('nodeGroup', '[value=favourites]'));
    expect(countries()).toEqual(['JP']);
    expect(all('nodeAbsent')).toEqual([]);
  });

  test('says which favourite nobody offers now, and lets it go', async () => {
    remembered = mark(EMPTY_BOOK, nodeRef(9, 'FR'), 'favourite', true);
    await list();
    await vi.waitFor(() => expect(book.value.favourites).toHaveLength(1));
    expect(all('nodeAbsent')).toEqual([]);
    await click(find('nodeGroup', '[value=favourites]'));
    expect(find('nodeAbsent')?.textContent).toBe('Somewhere, FranceNot offered now');
    await click(find('nodeAbsent')?.querySelector('button'));
    expect(sent.at(-1)).toMatchObject({ name: 'node.mark', mark: 'favourite', on: false, node: { country: 'FR' } });
  });

  test('a blocked node leaves the list, with an undo where the focus is, and can be freed later', async () => {
    await list();
    await click(find('nodeOpen'));
    expect(document.activeElement?.textContent).toBe('City 3, Netherlands');
    await vi.waitFor(() => expect(find('nodeAge')?.textContent).toContain('2023'));
    await click(find('nodeBlock'));
    expect(sent.findLast(({ name }) => name === 'node.mark')).toMatchObject({ mark: 'blocked', on: true });
    expect(document.activeElement).toBe(find('nodeUndoBlock'));
    await click(find('nodeUndoBlock'));
    expect(sent.findLast(({ name }) => name === 'node.mark')).toMatchObject({ mark: 'blocked', on: false });
    book.value = mark(EMPTY_BOOK, nodeRef(3, 'NL'), 'blocked', true);
    await vi.waitFor(() => expect(countries()).toEqual(['DE', 'JP']));
    await click(find('nodeBlockedRow')?.querySelector('button'));
    expect(sent.findLast(({ name }) => name === 'node.mark')).toMatchObject({ on: false, node: { country: 'NL' } });
  });

  test('comes back from a node to the row that was left', async () => {
    await list();
    await click(find('nodeRow', '[data-country=JP]')?.querySelector<HTMLElement>('.row-open'));
    expect(find('nodePage')?.dataset.key).toBe(NODES[0]?.did);
    await click(find('nodeBack'));
    expect(document.activeElement?.closest('li')?.dataset.country).toBe('JP');
  });
});

describe('the map', () => {
  const marks = () => all('nodeMapMark');

  test('is drawn when it is asked for, a mark a country, one of them in the tab order', async () => {
    await list();
    expect(find('nodeMap')).toBeNull();
    await click(find('nodeMapToggle'));
    await vi.waitFor(() => expect(marks().length).toBeGreaterThan(0), 10_000);
    expect(document.querySelectorAll('.land').length).toBeGreaterThan(170);
    expect(marks().map(({ dataset }) => dataset.key)).toEqual(['NL,DE', 'JP']);
    expect(marks().map(({ tabIndex }) => tabIndex)).toEqual([0, -1]);
    expect(marks()[0]?.getAttribute('aria-label')).toBe(
      'Netherlands, Germany: 2 nodes, from 1 ms. Press to look closer',
    );
  });

  test('goes by arrow keys, opens crowds, picks a country for the list, and lets it go again', async () => {
    await list(true);
    await vi.waitFor(() => expect(marks()).toHaveLength(2), 10_000);
    await act(() => marks()[0]?.focus());
    await press(marks()[0] ?? null, 'ArrowRight');
    expect(document.activeElement).toBe(marks()[1]);
    await click(marks()[1]);
    expect(countries()).toEqual(['JP']);
    expect(marks()[1]?.getAttribute('aria-pressed')).toBe('true');
    expect(find('nodesStatus')?.textContent).toBe('1 node in Japan');
    await click(marks()[1]);
    expect(countries()).toHaveLength(3);
    await click(marks()[0]);
    expect(marks().map(({ dataset }) => dataset.key)).toEqual(['NL', 'DE']);
    await press(find('nodeMap'), 'Escape');
    expect(marks()).toHaveLength(2);
    expect(find('nodeMapOut')).toBeNull();
  });
});

describe('a live connection', () => {
  const shown = async (part: Parameters<typeof exitInput>[1]) => {
    view.value = READY;
    const exit = {
      ...exitInput('any', part),
      state: 'protected',
      isDefault: true,
      pinned: false,
      country: 'DE',
    } as ExitView;
    await act(() => render(<LiveExit exit={exit} facts={null} />, document.body));
    return find('liveExit')?.textContent ?? '';
  };

  test('says in words how it goes, who can read it and how often it moved', async () => {
    const text = await shown({
      suite: 'X25519 + ML-KEM-768',
      upAt: Date.now() - 3_720_000,
      path: { kind: 'relay', rttMs: 80, remote: 'relay' },
      rotation: { count: 3, lastAt: Date.now() - 120_000 },
    });
    expect(text).toContain('A relay passes your sealed data on.');
    expect(text).toContain('There and back takes 80 ms.');
    expect(text).toContain('not even with a quantum computer');
    expect(text).toContain('another port 3 times, last 2 min ago');
    expect(text).toContain('1 hr 2 min');
    expect(find('liveFacts')?.textContent).toContain('X25519 + ML-KEM-768');
  });

  test('makes nothing up while there is nothing', async () => {
    const text = await shown({ phase: 'shaking', proxy: null });
    expect(text).toContain('Checking who is there');
    expect(text).not.toMatch(/quantum|another port|direct/i);
    expect(find('liveTime')?.textContent).toBe('–');
  });
});
