/** Pictures of the node picker, its map, a node's page and the live connection, for `shots.ts`. */
import type { Page } from 'playwright-core';
import { TEST } from '../../extension/ui/testids.ts';
import { NODES } from './shots-scenes.ts';

type Show = (name: string) => Promise<void>;

/** In the popup, with the node list open. */
export async function popupNodes(page: Page, show: Show): Promise<void> {
  const [kassel] = NODES;
  const row = page.locator(`[data-testid=${TEST.nodeRow}][data-key="${kassel?.did}"]`);
  await row.getByTestId(TEST.nodeSetDefault).click();
  await row.locator(`[data-testid=${TEST.nodeSetDefault}][aria-pressed=true]`).waitFor();
  await row.getByTestId(TEST.nodeFavourite).click();
  await row.locator(`[data-testid=${TEST.nodeFavourite}][aria-pressed=true]`).waitFor();
  await show('popup-nodes');
  await page.getByTestId(TEST.nodeMapToggle).click();
  await page.getByTestId(TEST.nodeMapMark).first().waitFor();
  await show('popup-nodes-map');
  await page.getByTestId(TEST.nodeMapToggle).click();
  await page.getByTestId(TEST.nodeFiltersMore).click();
  await show('popup-nodes-filters');
  await page.getByTestId(TEST.nodeFiltersMore).click();
  await row.getByTestId(TEST.nodeOpen).click();
  await page.getByTestId(TEST.nodePage).waitFor();
  await show('popup-node');
  await page.getByTestId(TEST.nodeBack).click();
}

/** On the page `#/nodes`. */
export async function pageNodes(page: Page, show: Show): Promise<void> {
  await page.getByTestId(TEST.nodeMapMark).first().waitFor();
  await show('page-nodes');
  await page.locator(`[data-testid=${TEST.nodeMapMark}][data-key*=","]`).first().click();
  await page.getByTestId(TEST.nodeMapOut).waitFor();
  await page.locator(`[data-testid=${TEST.nodeMapMark}][data-key=DE]`).click();
  await show('page-nodes-map-near');
  await page.locator(`[data-testid=${TEST.nodeMapMark}][data-key=DE]`).click();
  await page.locator(`[data-testid=${TEST.nodeRow}][data-country=FR]`).getByTestId(TEST.nodeOpen).click();
  await page.getByTestId(TEST.nodePage).waitFor();
  await page.getByTestId(TEST.nodeBlock).click();
  await page.getByTestId(TEST.nodeUndoBlock).waitFor();
  await show('page-nodes-blocked');
  await page.getByTestId(TEST.nodeUndoBlock).click();
}

/** As if a node had been used for weeks: the next start of the browser finds it so. */
export async function rememberNode(page: Page): Promise<void> {
  const [kassel] = NODES;
  const today = Math.floor(Date.now() / 86_400_000);
  const prices = [60, 41, 33, 18, 9, 2].map((ago, i) => ({
    day: today - ago,
    wei: String(BigInt(kassel?.pricePerMB ?? 0) + BigInt([4, 1, 6, 3, 5, 0][i] ?? 0) * 10n ** 13n),
  }));
  const use = {
    sessions: 23,
    bytes: 14_600_000_000,
    spent: '1240000000000000000',
    top: 5_900_000,
    rttMs: 23,
    reach: { kind: 'direct', remote: 'srflx' },
    last: today - 1,
  };
  const known = [{ did: kassel?.did, first: today - 60, last: today, prices, use }];
  const nodes = { version: 1, favourites: [], blocked: [], recents: [], known };
  await page.evaluate((value) => chrome.storage.local.set({ nodes: value }), nodes);
}

/** On the page `#/nodes`, after that start. */
export async function pageKnownNode(page: Page, show: Show): Promise<void> {
  const [kassel] = NODES;
  await page.locator(`[data-testid=${TEST.nodeRow}][data-key="${kassel?.did}"]`).getByTestId(TEST.nodeOpen).click();
  await page.getByTestId(TEST.nodePrices).waitFor();
  await show('page-node');
}
