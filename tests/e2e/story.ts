/**
 * The main job, end to end: one click, a page through a stranger's NAT, paid and settled. The same
 * story is the demo (read by a person) and a suite (each claim one check).
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LabBrowser, Page } from '../lab/browser.ts';
import type { Capture } from '../lab/capture.ts';
import { ROOT } from '../lab/identity.ts';
import { type BrowserName, createScene, type Scene } from '../lab/scene.ts';
import { browse } from './steps/browse.ts';
import { connect } from './steps/connect.ts';
import { survive } from './steps/fail.ts';
import { chooseNodes } from './steps/nodes.ts';
import { pay } from './steps/pay.ts';
import { settle } from './steps/settle.ts';
import { takeBack } from './steps/take-back.ts';
import { makeWallet } from './steps/wallet.ts';
import { lookAtWorld } from './steps/world.ts';
import type { Timeline } from './timeline.ts';

/** What the steps share. Filled in as the story goes. */
export interface Story {
  readonly scene: Scene;
  readonly browser: LabBrowser;
  readonly told: Timeline;
  /** The popup, open all the time as a person would have it. */
  readonly popup: Page;
  /** Everything that left the client's home, from before the first click. */
  readonly capture: Capture;
  readonly shot: (name: string, page: Page) => Promise<void>;
  /** Epoch ms just before the session's first secret was made: files newer than this are searched. */
  readonly beganAt: number;
  wallet: { readonly address: `0x${string}`; readonly words: readonly string[] } | null;
}

export interface StoryOptions {
  readonly told: Timeline;
  readonly browser: BrowserName;
  readonly visible: boolean;
  /** Called when the story is over and everything still stands. */
  readonly linger?: () => Promise<void>;
}

export const SHOTS = join(ROOT, 'shots', 'demo');

/** Plays all nine steps. Never throws: what goes wrong is a claim that did not hold. Returns where logs were kept, if so. */
export async function playStory(options: StoryOptions): Promise<{ readonly logs: string | null }> {
  const { told, visible, linger } = options;
  const shots = join(SHOTS, options.browser);
  const beganAt = Date.now();
  let scene: Scene | null = null;
  let browser: LabBrowser | null = null;
  let logs: string | null = null;
  mkdirSync(shots, { recursive: true });
  let taken = 0;
  const shot = async (name: string, page: Page): Promise<void> => {
    const file = `${String(++taken).padStart(2, '0')}-${name}.png`;
    await page.screenshot({ path: join(shots, file) }).catch(() => undefined);
  };
  try {
    const set = await told.step('A chain, a helper, two providers behind their NATs', async () => {
      scene = await createScene();
      await lookAtWorld(scene, told);
      return scene;
    });
    const story = await told.step('A wallet, backed up and funded with test MYST', async () => {
      browser = await set.openBrowser({ visible, browser: options.browser }).catch((error: Error) => {
        if (!visible) throw error;
        told.note('the display does not let the lab in: going on without a window');
        return set.openBrowser({ browser: options.browser });
      });
      const capture = await set.lab.capture('client-uplink', set.client.home);
      const popup = await browser.openPopup();
      const begun: Story = { scene: set, browser, told, popup, capture, shot, beganAt, wallet: null };
      await makeWallet(begun);
      return begun;
    });
    await told.step('Choose a node and set the rules', () => chooseNodes(story));
    await told.step('Connect: channels, handshake, NATs punched, tunnels up', () => connect(story));
    await told.step('Each page leaves through the home its rule names', () => browse(story));
    await told.step('Every megabyte is paid; who stops paying is stopped', () => pay(story));
    await told.step('Disconnect: claimed, closed, refunded, wiped', () => settle(story));
    await told.step('Kill what you like: nothing leaks', () => survive(story));
    await told.step('The node is gone for good: its deposit comes back', () => takeBack(story));
    await linger?.();
  } catch (error) {
    // A step claims its own failure; what happens between two steps is told here.
    if (told.holds) told.claim('the story comes to its end', false, String(error));
  } finally {
    const standing = scene as Scene | null;
    if (!told.holds && standing) {
      await saveHostLog(standing);
      logs = await standing.lab.keepLogs().catch(() => null);
    }
    await (browser as LabBrowser | null)?.close().catch(() => undefined);
    await standing?.close();
  }
  return { logs };
}

async function saveHostLog(scene: Scene): Promise<void> {
  const { copyFile } = await import('node:fs/promises');
  await copyFile(scene.client.hostLog, join(scene.lab.paths.logs, 'host.log')).catch(() => undefined);
}
