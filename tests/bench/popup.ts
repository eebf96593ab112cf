/**
 * How long one looks at nothing: from a press of Warren's icon to the frame with the state in it, in real Chromium,
 * in the popup itself, with the built extension (dist/chrome). ★ ≤ 100 ms with the last view at hand. In turns with
 * it the popup of an extension that is one line of text: what the browser takes by itself, here and now.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command, ToWindow } from '../../extension/messages.ts';
import { MAX_RULES, type Rule } from '../../extension/routing/rules.ts';
import { EXTENSION_ID_CHROMIUM, PAGE_PATH, POPUP_PATH } from '../../manifest/extension.ts';
import { parseDid } from '../../shared/base/units.ts';
import { EMPTY, NODES, PROTECTED } from '../e2e/shots-scenes.ts';
import { Stage } from '../e2e/stage.ts';
import { until } from '../e2e/wait.ts';
import { DevTools, play, type Send } from './devtools.ts';
import { type Opening, press } from './popup-window.ts';

const OPENINGS = 15;
const PASSWORD = 'a quiet burrow';

interface Extension {
  readonly id: string;
  readonly popup: string;
}

export async function benchPopup(): Promise<unknown> {
  const stage = new Stage();
  stage.scene(EMPTY);
  const profile = join(stage.work, 'profile');
  mkdirSync(join(profile, 'NativeMessagingHosts'), { recursive: true });
  await stage.installHost();
  const line = bareExtension(stage.work);
  pin(profile, [EXTENSION_ID_CHROMIUM, idOf(line)]);
  const browser = new DevTools(profile, stage.work);
  try {
    const { targetInfos } = await browser.send('Target.getTargets', { filter: [{ type: 'tab' }] });
    const tab = targetInfos[0]?.targetId ?? '';
    const ours = await load(browser, resolve('dist/chrome'), POPUP_PATH);
    const bare = await load(browser, line, 'popup.html');
    const round = (wanted: string, before: Before) => openings({ browser, tab, ours, bare }, wanted, before);
    const window = await welcomePage(browser);
    await ask(window.send, { name: 'wallet.create', password: PASSWORD });
    await window.close();
    const workers = await workersOf(browser);
    const awake = await round('off', (id) => workers.start(id));
    const asleep = await round('off', () => workers.stop());
    await setRules(browser, MAX_RULES);
    const burdened = await round('off', () => workers.stop());
    await setRules(browser, 0);
    stage.scene(PROTECTED);
    await protect(browser);
    const on = await round('protected', (id) => workers.start(id));
    return {
      'not protected, background awake': awake,
      'not protected, background asleep': asleep,
      'the same with 10,000 rules': burdened,
      protected: on,
    };
  } finally {
    await browser.end();
    stage.end();
  }
}

type Before = (id: string) => Promise<void>;

interface Subjects {
  readonly browser: DevTools;
  readonly tab: string;
  readonly ours: Extension;
  readonly bare: Extension;
}

/** Medians, ms. */
async function openings({ browser, tab, ours, bare }: Subjects, wanted: string, before: Before): Promise<unknown> {
  const seen = { ours: [] as Opening[], bare: [] as Opening[] };
  for (let i = 0; i < OPENINGS; i++) {
    for (const [name, { id, popup }] of [
      ['ours', ours],
      ['bare', bare],
    ] as const) {
      await before(id);
      const opening = await press(browser, id, popup, tab);
      if (name === 'ours' && opening.state !== wanted) throw new Error(`shown first: ${opening.state || 'nothing'}`);
      seen[name].push(opening);
    }
  }
  const rank = (of: readonly number[], share: number) =>
    [...of].sort((a, b) => a - b)[Math.floor(of.length * share)] ?? 0;
  const median = (of: readonly Opening[], what: keyof Omit<Opening, 'state'>, share = 0.5) =>
    rank(
      of.map((opening) => opening[what]),
      share,
    );
  /** What web.dev calls First Contentful Paint, but of the state: since the document began, not since the press. */
  const painted = seen.ours.map(({ page, shown }) => shown - page);
  const steps = (of: readonly Opening[], ...more: readonly 'usable'[]) =>
    Object.fromEntries(
      (['page', 'html', 'loaded', 'visible', 'shown', ...more] as const).map((step) => [step, median(of, step)]),
    );
  return {
    ours: steps(seen.ours, 'usable'),
    bare: steps(seen.bare),
    'shown, ours − bare': median(seen.ours, 'shown') - median(seen.bare, 'shown'),
    'shown, ours, p95': median(seen.ours, 'shown', 0.95),
    'painted, ours, since its page began': rank(painted, 0.5),
    'painted, ours, since its page began, p95': rank(painted, 0.95),
  };
}

async function load(browser: DevTools, path: string, popup: string): Promise<Extension> {
  const { id } = await browser.send('Extensions.loadUnpacked', { path });
  return { id, popup: `chrome-extension://${id}/${popup}` };
}

/** An icon that is not pinned is brought to the bar first, which takes the browser a quarter of a second. */
function pin(profile: string, ids: readonly string[]): void {
  const folder = join(profile, 'Default');
  mkdirSync(folder);
  writeFileSync(join(folder, 'Preferences'), JSON.stringify({ extensions: { pinned_extensions: ids } }));
}

/** Of an unpacked extension without a key: Chromium makes it of the path. */
function idOf(folder: string): string {
  const digits = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  return digits.replace(/./g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16)));
}

/** One line to look at, and a background, as ours has: the popup may share its process. */
function bareExtension(work: string): string {
  const folder = join(work, 'bare');
  mkdirSync(folder);
  const manifest = {
    ...{ manifest_version: 3, name: 'bare', version: '1', action: { default_popup: 'popup.html' } },
    background: { service_worker: 'worker.js' },
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'worker.js'), 'chrome.runtime.onInstalled.addListener(() => {});');
  writeFileSync(join(folder, 'popup.html'), '<!doctype html><title>bare</title><p elementtiming="state">Bare</p>');
  return folder;
}

interface Window {
  readonly send: Send;
  close(): Promise<void>;
}

/** The page that a fresh installation opens by itself; it takes the place in front until it is closed. */
async function welcomePage(browser: DevTools): Promise<Window> {
  const url = `chrome-extension://${EXTENSION_ID_CHROMIUM}/${PAGE_PATH}`;
  const targetId = await until('the welcome', async () => {
    const { targetInfos } = await browser.send('Target.getTargets');
    return targetInfos.find((target) => target.url.startsWith(url))?.targetId;
  });
  return windowOf(browser, targetId);
}

/** A page of ours in a tab, to ask the background from. */
async function ourPage(browser: DevTools): Promise<Window> {
  const url = `chrome-extension://${EXTENSION_ID_CHROMIUM}/${PAGE_PATH}`;
  const { targetId } = await browser.send('Target.createTarget', { url, background: true });
  return windowOf(browser, targetId);
}

async function windowOf(browser: DevTools, targetId: string): Promise<Window> {
  const send = await browser.attach(targetId);
  // Attached to, a page may still be on its way.
  await until('a page of ours', () =>
    play(send, () => document.readyState === 'complete' && !!chrome.runtime?.id, null),
  );
  return { send, close: async () => void (await browser.send('Target.closeTarget', { targetId })) };
}

async function protect(browser: DevTools): Promise<void> {
  const [node] = NODES;
  if (!node) throw new Error('a scene without nodes');
  const { send, close } = await ourPage(browser);
  const exit = { kind: 'node', did: parseDid(node.did).did, country: node.country } as const;
  await ask(send, { name: 'default', exit });
  await ask(send, { name: 'protect', on: true });
  await play(send, untilProtected, null);
  await close();
}

async function setRules(browser: DevTools, length: number): Promise<void> {
  const { send, close } = await ourPage(browser);
  const rules = Array.from({ length }, (_, i): Rule => {
    const match = { kind: 'domain', text: `site${i}.example.org` } as const;
    return { id: `r${i}`, enabled: true, match, action: { kind: i % 3 === 0 ? 'direct' : 'default' } };
  });
  await ask(send, { name: 'table.change', part: { rules } });
  await close();
}

async function ask(send: Send, command: Command): Promise<void> {
  await play(
    send,
    (asked: Command) =>
      new Promise<void>((done, fail) => {
        const port = chrome.runtime.connect({ name: 'ui' });
        port.onMessage.addListener((message: ToWindow) => {
          if (message.type !== 'answer') return;
          port.disconnect();
          if (message.error) fail(new Error(message.error.message));
          else done();
        });
        port.postMessage({ id: 1, command: asked });
      }),
    command,
  );
}

function untilProtected(): Promise<void> {
  return new Promise((done) => {
    const port = chrome.runtime.connect({ name: 'ui' });
    port.onMessage.addListener((message: ToWindow) => {
      if (message.type !== 'view' || message.view.protection.state !== 'protected') return;
      port.disconnect();
      done();
    });
  });
}

/** Wakes an extension's background, or puts all to sleep, as after half a minute without a window. */
async function workersOf(browser: DevTools): Promise<{ start: Before; stop(): Promise<void> }> {
  const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank', background: true });
  const send = await browser.attach(targetId);
  await send('ServiceWorker.enable');
  return {
    start: (id) => send('ServiceWorker.startWorker', { scopeURL: `chrome-extension://${id}/` }).then(() => {}),
    stop: () => send('ServiceWorker.stopAllWorkers').then(() => {}),
  };
}
