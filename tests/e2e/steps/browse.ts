/** Step 5: three tabs, three ways out; names asked through the tunnels only; 20 MB arrive whole. */
import type { Page } from '../../lab/browser.ts';
import { BLOB_BYTES, blobHash } from '../../lab/origins.ts';
import { SERVERS, type SiteName } from '../../lab/servers.ts';
import type { Story } from '../story.ts';
import { seconds } from '../timeline.ts';
import { until } from '../wait.ts';

export async function browse(story: Story): Promise<void> {
  const { scene, browser, told, popup, capture, shot } = story;
  const { lab, client, providers } = scene;
  const expected: Record<SiteName, { readonly from: string; readonly whose: string }> = {
    'one.example': { from: providers.de.home.wan, whose: "the DE provider's address" },
    'two.example': { from: providers.jp.home.wan, whose: "the JP provider's address" },
    'three.example': { from: client.home.wan, whose: "the client's own address" },
  };
  const tabs = new Map<string, Page>();
  for (const [site, { from, whose }] of Object.entries(expected)) {
    const tab = await browser.newTab();
    tabs.set(site, tab);
    const began = performance.now();
    await tab.goto(`https://${site}/`, { timeout: 15_000 });
    const shown = await tab.locator('#address').textContent();
    const ms = performance.now() - began;
    const seen = new Set(lab.visits.filter((visit) => visit.site === site).map((visit) => visit.from));
    told.claim(
      `${site} saw ${whose}, and no other`,
      shown === from && seen.size === 1 && seen.has(from),
      `${from}, ${seconds(ms)}`,
    );
    await shot(site.replace('.', '-'), tab);
  }
  const plain = await browser.newTab();
  await plain.goto('http://one.example/', { timeout: 15_000 });
  told.claim(
    'plain HTTP takes the same way',
    (await plain.locator('#address').textContent()) === providers.de.home.wan,
  );
  await plain.close();

  await download(story, tabs.get('one.example') as Page);
  await popup.bringToFront();
  await shot('popup-after-download', popup);

  for (const site of ['one.example', 'two.example'] as const) {
    const asked = new Set(lab.questions.filter((question) => question.name === site).map((question) => question.from));
    const { from } = expected[site];
    told.claim(
      `the name ${site} was asked from its provider's home only`,
      asked.size === 1 && asked.has(from),
      [...asked].join(' '),
    );
  }
  // The capture must have seen the direct site, or its silence about the others would mean nothing.
  await lab.settle(client.home);
  const direct = await capture.matching(`host ${SERVERS.origins['three.example']}`);
  const routed = await capture.matching(
    `host ${SERVERS.origins['one.example']} or host ${SERVERS.origins['two.example']}`,
  );
  const names = (await capture.matching('port 53')).filter((line) => /\b(one|two)\.example/.test(line));
  told.claim(
    'outside the tunnels, the uplink carried not one packet to the routed sites and not one question for their names',
    direct.length > 0 && routed.length === 0 && names.length === 0,
    `${direct.length} packets of the direct site as a check`,
  );
  for (const tab of tabs.values()) await tab.close();
}

async function download({ told, scene }: Story, tab: Page): Promise<void> {
  const before = await scene.providers.de.status();
  const { hash, ms } = await tab.evaluate(async () => {
    const began = performance.now();
    const bytes = await (await fetch('/20mb')).arrayBuffer();
    const ms = performance.now() - began;
    const digest = await crypto.subtle.digest('SHA-256', bytes);
    return { hash: [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, '0')).join(''), ms };
  });
  // A node reads its link's counters now and then.
  const read = async () => (await scene.providers.de.status()).traffic.txBytes - before.traffic.txBytes;
  const counted = async () => (await read()) >= BLOB_BYTES;
  await until('the node has counted them', counted, 10_000).catch(() => {});
  const carried = await read();
  told.claim(
    '20 MB through DE arrive intact',
    hash === blobHash(),
    `${((BLOB_BYTES * 8) / 1e3 / ms).toFixed(0)} Mbit/s, ${seconds(ms)}`,
  );
  told.claim(
    'the DE provider carried them',
    carried >= BLOB_BYTES,
    `${(carried / 1e6).toFixed(1)} MB on its WireGuard link`,
  );
}
