/** The same outages under a person's own browser: its download goes through all of them, and it is never told. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../e2e/steps/connect.ts';
import { chooseNodes } from '../e2e/steps/nodes.ts';
import { makeWallet } from '../e2e/steps/wallet.ts';
import type { Story } from '../e2e/story.ts';
import { Timeline } from '../e2e/timeline.ts';
import { view } from '../e2e/ui.ts';
import { until } from '../e2e/wait.ts';
import type { LabBrowser, Page } from '../lab/browser.ts';
import type { Home } from '../lab/home.ts';
import { forgetMappings } from '../lab/nat.ts';
import { BLOB_BYTES, blobHash } from '../lab/origins.ts';
import { inNamespace } from '../lab/run.ts';
import { createScene, type Scene } from '../lab/scene.ts';
import { lasting } from './bench.ts';

/** What the page keeps while it downloads. */
interface Downloading {
  got: number;
  hash: string | null;
  error: string | null;
}
declare global {
  var downloading: Downloading;
}

let scene: Scene;
let browser: LabBrowser;
let popup: Page;
let tab: Page;

beforeAll(async () => {
  scene = await createScene();
  browser = await scene.openBrowser({});
  const capture = await scene.lab.capture('client-uplink', scene.client.home);
  popup = await browser.openPopup();
  const told = new Timeline({ quiet: true });
  const shot = async () => {};
  const story: Story = { scene, browser, told, popup, capture, shot, beganAt: Date.now(), wallet: null };
  await makeWallet(story);
  await chooseNodes(story);
  await connect(story);
  expect(told.claims.filter(({ ok }) => !ok)).toEqual([]);
  tab = await browser.newTab();
  await tab.goto('https://one.example/', { timeout: 15_000 });
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await scene?.close();
});

/** Reads slowly, so that most of it has yet to come when the network goes. */
const begin = () =>
  tab.evaluate(() => {
    globalThis.downloading = { got: 0, hash: null, error: null };
    const pause = 100;
    const read = async () => {
      const reader = (await fetch('/20mb', { cache: 'no-store' })).body?.getReader();
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
        chunks.push(part.value);
        globalThis.downloading.got += part.value.length;
        if (part.value.length > 30_000) await new Promise((resolve) => setTimeout(resolve, pause));
      }
      const digest = await crypto.subtle.digest('SHA-256', await new Blob(chunks).arrayBuffer());
      globalThis.downloading.hash = [...new Uint8Array(digest)]
        .map((byte) => byte.toString(16).padStart(2, '0'))
        .join('');
    };
    read().catch((error) => {
      globalThis.downloading.error = String(error);
    });
  });
const progress = () => tab.evaluate(() => globalThis.downloading);

/** Waits until a megabyte more has come: the network is there again, all the way into the page. */
async function flows(): Promise<void> {
  const { got } = await progress();
  await until(
    'the download goes on',
    async () => {
      const now = await progress();
      expect(now.error).toBeNull();
      return now.got > Math.min(BLOB_BYTES - 1, got + 1_000_000) || now.hash !== null;
    },
    20_000,
  );
}

async function renumber({ router }: Home, wan: string): Promise<void> {
  const ip = (...args: readonly string[]) => inNamespace(router, 'ip', args);
  await ip('link', 'set', 'wan', 'down');
  await ip('address', 'flush', 'dev', 'wan');
  await lasting(3_000);
  await ip('address', 'add', `${wan}/32`, 'dev', 'wan');
  await ip('link', 'set', 'wan', 'up');
  await ip('route', 'replace', 'default', 'dev', 'wan', 'scope', 'link', 'src', wan);
}

test('a download in the browser survives a restarted router and another network', { timeout: 120_000 }, async () => {
  const { home } = scene.client;
  const before = (await view(popup)).exits.map(({ upAt }) => upAt);
  await begin();
  await flows();
  await renumber(home, '90.54.12.90');
  await forgetMappings(home);
  await flows();
  const host = (...args: readonly string[]) => inNamespace(home.host, 'ip', args);
  await host('link', 'set', 'eth0', 'down');
  await host('address', 'flush', 'dev', 'eth0');
  await lasting(3_000);
  await host('address', 'add', '192.168.1.77/24', 'dev', 'eth0');
  await host('link', 'set', 'eth0', 'up');
  await host('route', 'replace', 'default', 'via', '192.168.1.1');
  await flows();
  await until('the whole of it', async () => (await progress()).hash !== null, 60_000);
  expect(await progress()).toEqual({ got: BLOB_BYTES, hash: blobHash(), error: null });
  expect((await view(popup)).exits.map(({ upAt }) => upAt)).toEqual(before);
});
