/**
 * Chromium forgets the wish to close a tab that is just then taken to another process, as Warren does with a page that
 * is blocked. Playwright asks once and waits for ever; a person clicks the cross again.
 */
import type { BrowserContext, Page } from 'playwright-core';

const AGAIN_MS = 1_000;

/** For all tabs that this browser opens from now on. */
export function closeTabsSurely(context: BrowserContext): void {
  context.on('page', (page) => {
    const close = page.close.bind(page);
    page.close = (options) => closeSurely(page, () => close(options));
  });
}

async function closeSurely(page: Page, close: () => Promise<void>): Promise<void> {
  const browser = page.context().browser();
  if (browser === null || page.isClosed()) return close();
  const session = await page.context().newCDPSession(page);
  const { targetInfo } = await session.send('Target.getTargetInfo');
  const { targetId } = targetInfo;
  const again = setInterval(() => {
    void browser
      .newBrowserCDPSession()
      .then((cdp) => cdp.send('Target.closeTarget', { targetId }))
      // It closed in between.
      .catch(() => undefined);
  }, AGAIN_MS);
  await close().finally(() => clearInterval(again));
}
