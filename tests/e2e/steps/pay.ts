/** Step 6: a signed proof for every megabyte, live in the popup; who stops paying is stopped. */

import type { SessionStatus } from '../../../provider/dashboard/status.ts';
import { MEGABYTE } from '../../../shared/base/units.ts';
import type { Page } from '../../lab/browser.ts';
import { STREAM_RATE } from '../../lab/origins.ts';
import type { SceneProvider } from '../../lab/scene.ts';
import type { Story } from '../story.ts';
import { by, value, view } from '../ui.ts';
import { until } from '../wait.ts';

/** Bytes that may pass beside the unpaid megabyte, while both sides look and speak: at most what a second carries. */
const IN_FLIGHT = STREAM_RATE;

async function session(provider: SceneProvider): Promise<SessionStatus> {
  const { sessions } = await provider.status();
  const [only] = sessions.filter(({ phase }) => phase === 'up');
  if (!only || sessions.length !== 1) throw new Error(`${provider.country} has ${sessions.length} sessions, not one`);
  return only;
}

export async function pay(story: Story): Promise<void> {
  const { scene, told, popup, browser, shot } = story;
  const { de, jp } = scene.providers;
  const exit = (await view(popup)).exits.find(({ node }) => node?.country === 'DE');
  const price = BigInt(exit?.pricePerMB ?? 0);
  const carried = await session(de);
  // Each direction by its receiver's counter: a saturated sender counts packets that it then drops.
  const bytes = (exit?.rxBytes ?? 0) + carried.rxBytes;
  const paidFor = Number((BigInt(carried.paid) * BigInt(MEGABYTE)) / price);
  told.claim(
    'what was signed is what WireGuard received on both sides: at most one megabyte behind, and two ahead',
    paidFor >= bytes - MEGABYTE && paidFor < bytes + 2 * MEGABYTE,
    `${(bytes / 1e6).toFixed(2)} MB received, ${(paidFor / 1e6).toFixed(2)} MB paid`,
  );
  const { earnings } = await de.status();
  told.claim(
    'the provider holds the proofs, verified, and has claimed nothing yet',
    BigInt(earnings.unclaimed) >= BigInt(carried.paid),
  );

  // JP, whose session has seen no fast download: credit for data under way grows with the fastest rate seen lately.
  const jpPrice = BigInt((await view(popup)).exits.find((exit) => exit.node?.country === 'JP')?.pricePerMB ?? 0);
  const tab = await browser.newTab();
  await tab.goto('https://two.example/');
  await stream(tab);
  const before = await value(popup, 'spent');
  await popup.bringToFront();
  await until(
    'the popup shows speed, and money going',
    async () => (await value(popup, 'speedDown')) > 500_000n && (await value(popup, 'spent')) > before + jpPrice,
  );
  told.claim(
    'the popup shows speed, bytes and money, live',
    true,
    `${await value(popup, 'speedDown')} B/s, ${await value(popup, 'bytesDown')} B, ${await value(popup, 'spent')} wei`,
  );
  await shot('popup-streaming', popup);

  const diagnostics = await browser.openPage('#/diagnostics?switches');
  await by(diagnostics, 'stopPaying').check();
  const gated = await until(
    'the gate closes',
    async () => {
      const now = await session(jp);
      return now.gate === 'closed' ? now : null;
    },
    20_000,
  );
  const settled = await until(
    'nothing more passes',
    async () => {
      const first = await session(jp);
      const second = await session(jp);
      return second.rxBytes + second.txBytes === first.rxBytes + first.txBytes ? second : null;
    },
    20_000,
    1_500,
  ).catch(() => gated);
  const unpaid = settled.rxBytes + settled.txBytes - Number((BigInt(settled.paid) * BigInt(MEGABYTE)) / jpPrice);
  told.claim(
    'who stops paying is gated within 1 MB and the data in flight (less than a second of it)',
    unpaid <= MEGABYTE + IN_FLIGHT,
    `${(unpaid / 1e6).toFixed(2)} MB unpaid`,
  );
  const received = await receivedBytes(tab);
  await popup.bringToFront();
  await until(
    'the popup says so',
    async () => (await view(popup)).exits.some((exit) => exit.phase === 'gated'),
    10_000,
  ).catch(() => null);
  told.claim('the stream stands still', (await receivedBytes(tab)) - received < 300_000);
  await shot('popup-gated', popup);

  await diagnostics.bringToFront();
  await by(diagnostics, 'stopPaying').uncheck();
  await until('the gate opens again', async () => (await session(jp)).gate === 'open', 15_000);
  const resumed = await receivedBytes(tab);
  await until('the stream goes on', async () => (await receivedBytes(tab)) > resumed + 500_000, 20_000);
  told.claim('paying again opens the gate, and the same download goes on', true);
  await tab.close();
  await diagnostics.close();
}

/** Reads the endless stream in the page and counts. */
async function stream(tab: Page): Promise<void> {
  await tab.evaluate(() => {
    Object.assign(globalThis, { received: 0 });
    void fetch('/stream').then(async (response) => {
      const reader = response.body?.getReader();
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
        (globalThis as unknown as { received: number }).received += part.value.length;
      }
    });
  });
}

const receivedBytes = (tab: Page): Promise<number> =>
  tab.evaluate(() => (globalThis as unknown as { received: number }).received);
