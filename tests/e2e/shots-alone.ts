/** The pages that stand alone, for the picture book: the words once more, and what takes the place of a blocked page. */
import type { Page } from 'playwright-core';
import { TEST } from '../../extension/ui/testids.ts';
import type { Scenario } from './shots-host.ts';
import { BLOCKED, PROTECTED } from './shots-scenes.ts';

export interface Stage {
  readonly show: (name: string) => Promise<void>;
  readonly scene: (next: Scenario) => void;
  readonly open: (route: 'popup' | `#/${string}`) => Promise<void>;
  readonly state: (page: Page, name: string) => Promise<void>;
  /** Takes pictures of another tab. */
  readonly shooter: (page: Page) => (name: string) => Promise<void>;
}

export async function showAlone(page: Page, { show, scene, open, state, shooter }: Stage): Promise<void> {
  await open('#/words');
  await page.getByTestId(TEST.unlockPassword).waitFor();
  await show('page-words-again');
  scene(BLOCKED);
  await open('popup');
  await state(page, 'blocked');
  const failed = await blockedTab(page, 'http://one.example/', 'exit');
  await failed.getByTestId(TEST.blockedUse).first().waitFor();
  await failed.getByTestId(TEST.directOnce).click();
  await shooter(failed)('page-blocked');
  await failed.getByTestId(TEST.directOnceGo).click();
  await page.bringToFront();
  await page.getByTestId(TEST.pass).waitFor();
  await show('popup-direct-once');
  await failed.close();
  const ruled = await blockedTab(page, 'http://banner.ads.example/', 'rule');
  await shooter(ruled)('page-blocked-rule');
  await ruled.close();
  scene(PROTECTED);
}

async function blockedTab(page: Page, url: string, state: string): Promise<Page> {
  const tab = await page.context().newPage();
  await tab.goto(url).catch(() => {});
  await tab.locator(`[data-testid=${TEST.blockedPage}][data-state=${state}]`).waitFor();
  return tab;
}
