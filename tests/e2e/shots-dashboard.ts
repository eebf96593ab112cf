/**
 * Renders the provider's page in real Chromium into shots/: light, dark and as a phone shows it, with axe-core on
 * each. The server is the daemon's own; its figures are recorded, so it is a picture book and no test of the network.
 * Exits 1 when axe finds anything. Usage: npm run shots:dashboard
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { startDashboard } from '../../provider/dashboard/server.ts';
import type { Status } from '../../provider/dashboard/status.ts';
import { axeViolations } from './axe.ts';
import { QUIET, SERVING } from './shots-dashboard-scenes.ts';

const OUT = resolve('shots');
const SIZES = { desk: { width: 1080, height: 700 }, phone: { width: 390, height: 800 } } as const;

let violations = 0;
let now: Status = SERVING;

async function main(): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  const dashboard = await startDashboard(0, () => now);
  const browser = await chromium.launch({
    executablePath: '/usr/lib/chromium/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    for (const [device, viewport] of Object.entries(SIZES)) {
      const page = await browser.newPage({ viewport, deviceScaleFactor: 2, locale: 'en' });
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      now = SERVING;
      await page.goto(`http://127.0.0.1:${dashboard.port}/#${dashboard.token}`);
      await page.getByTestId('session').first().waitFor();
      await shoot(page, `dashboard-${device}`);
      now = QUIET;
      await page.getByTestId('trouble').first().waitFor();
      await shoot(page, `dashboard-trouble-${device}`);
      if (problems.length > 0) throw new Error(`the page complains: ${problems.join('; ')}`);
      await page.evaluate(() => sessionStorage.clear());
      await page.reload();
      await page.getByTestId('key').waitFor();
      await shoot(page, `dashboard-locked-${device}`);
      await page.getByTestId('key').fill(`http://127.0.0.1:${dashboard.port}/#${dashboard.token}`);
      await page.getByTestId('unlock').click();
      await page.getByTestId('clients').waitFor();
      await page.close();
    }
  } finally {
    await browser.close();
    await dashboard.close();
  }
  console.log(violations === 0 ? 'axe: no violation' : `axe: ${violations} violations`);
  process.exitCode = violations === 0 ? 0 : 1;
}

async function shoot(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    if (wide) throw new Error(`${name} is wider than its window`);
    await page.screenshot({ path: join(OUT, `${name}-${colorScheme}.png`), fullPage: true });
    violations += await axeViolations(page, `${name}-${colorScheme}`);
  }
}

await main();
