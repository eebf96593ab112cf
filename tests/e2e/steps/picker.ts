/** The node list as a person uses it: search, favourite, a country off the map by keyboard, a block and its undo. */
import type { Page } from '../../lab/browser.ts';
import type { Timeline } from '../timeline.ts';
import { by, view } from '../ui.ts';
import { until } from '../wait.ts';

/** On the page `#/nodes`, with a node in DE and one in JP; all but the favourite is left as it was. */
export async function usePicker(page: Page, told: Timeline, shot: (name: string) => Promise<void>): Promise<void> {
  const shown = (): Promise<string[]> =>
    by(page, 'nodeRow').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-country') ?? '').sort());
  const shows = (...countries: string[]) =>
    until(`the list shows ${countries.join()}`, async () => (await shown()).join() === countries.join());
  const row = (country: string) => by(page, 'nodeRow', { 'data-country': country }).first();

  await by(page, 'nodeSearch').fill('jp');
  await shows('JP');
  await by(page, 'nodeSearch').fill('');
  await shows('DE', 'JP');
  told.claim('searching narrows the list as it is typed', true);

  await by(row('JP'), 'nodeFavourite').click();
  await until('the favourite is kept', async () => {
    const pressed = await by(row('JP'), 'nodeFavourite').getAttribute('aria-pressed');
    return pressed === 'true';
  });
  await by(page, 'nodeGroup', { value: 'favourites' }).click();
  await shows('JP');
  await by(page, 'nodeGroup', { value: 'all' }).click();
  await shows('DE', 'JP');
  told.claim('a favourite is found again among the favourites', true);

  const markOf = (country: string) => by(page, 'nodeMapMark', { 'data-key': country });
  await markOf('JP').waitFor();
  await markOf('DE').press('ArrowRight');
  await until('the focus is on Japan', async () => (await markOf('JP').getAttribute('tabindex')) === '0');
  await markOf('JP').press('Enter');
  await shows('JP');
  await shot('map');
  await markOf('JP').press('Enter');
  await shows('DE', 'JP');
  told.claim('the map gives a country by the keyboard alone, and takes it back', true);

  await by(row('JP'), 'nodeOpen').click();
  const age = await until('the chain tells the age of the identity', async () => {
    const text = (await by(page, 'nodeAge').textContent()) ?? '';
    return /\d{4}/.test(text) ? text : null;
  });
  told.claim('a node\u2019s page tells how old its identity is on chain', true, age);
  await shot('node');
  const before = await view(page);
  await by(page, 'nodeBlock').click();
  await shows('DE');
  const blocked = await view(page);
  await by(page, 'nodeUndoBlock').click();
  await shows('DE', 'JP');
  told.claim('a blocked node leaves the list, and its undo brings it back', blocked.bookRevision > before.bookRevision);
}

/** On the page `#/nodes`, after a session at the node in JP has ended. */
export async function lookBack(page: Page, told: Timeline): Promise<void> {
  await by(page, 'nodeGroup', { value: 'recents' }).click();
  await by(by(page, 'nodeRow', { 'data-country': 'JP' }), 'nodeOpen').click();
  const held = await until('the session is remembered', async () => {
    const sessions = Number(await by(page, 'nodeSessions').getAttribute('data-value'));
    return sessions > 0 ? sessions : null;
  }).catch(() => 0);
  const text = ((await by(page, 'nodeSessions').textContent()) ?? '').replaceAll(/\s+/g, ' ');
  told.claim('a node that was used stands among the recent ones, its page with the session that was', held > 0, text);
}
