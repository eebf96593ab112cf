/**
 * The page in the place of a blocked one, "direct once", the self-test and the browser's own switch, in a real Chromium
 * (measured by what arrives where).
 */
import { existsSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PAGE_PATH } from '../../manifest/extension.ts';
import { SELF_TEST_HOST } from '../../shared/wire/self-test.ts';
import { by } from '../e2e/ui.ts';
import { until } from '../e2e/wait.ts';
import { ChromiumBench } from './chromium-bench.ts';

const REFUSED = 'net::ERR_PROXY_CONNECTION_FAILED';

const bench = new ChromiumBench();
beforeAll(() => bench.up({ unpacked: true }));
afterAll(() => bench.down());

const direct = (site: string) => bench.place.lab.visits.filter((visit) => visit.site === site).length;
const reason = (tab: Page) => by(tab, 'blockedPage').getAttribute('data-state');
const trouble = (code: string) =>
  until(`the screen ${code}`, async () => {
    const screen = by(bench.popup, 'errorScreen');
    return (await screen.count()) > 0 && (await screen.getAttribute('data-code')) === code;
  });

/** A tab that asks for a page and gets ours in its place. */
async function blocked(url: string): Promise<Page> {
  const tab = await bench.context.newPage();
  await tab.goto(url).catch(() => {});
  await by(tab, 'blockedPage').waitFor();
  return tab;
}

test('a page of our own says why a page is blocked; a rule of the user first of all', async () => {
  const tab = await blocked('http://no.example/');
  expect(await reason(tab)).toBe('rule');
  expect(await tab.locator('h1').textContent()).toContain('no.example');
  await by(tab, 'blockedRetry').click();
  await until('it says so again', async () => (await reason(tab).catch(() => null)) === 'rule');
  await tab.close();
  expect(direct('no.example')).toBe(0);
});

test('direct once: by two clicks of a person on that page, shown while it holds, over with its tab', async () => {
  bench.place.host('failed');
  await bench.state('blocked');
  const tab = await blocked('http://one.example/#part');
  expect(await reason(tab)).toBe('exit');
  // A script is no person.
  await tab.evaluate(() => document.querySelector<HTMLElement>('[data-testid="direct-once-go"]')?.click());
  expect(await bench.load('http://one.example/')).toBe(REFUSED);
  expect(direct('one.example')).toBe(0);
  await by(tab, 'directOnce').click();
  await by(tab, 'directOnceGo').click();
  await until('it loads', () => tab.url() === 'http://one.example/#part');
  await until('directly', () => direct('one.example') > 0);
  await by(bench.popup, 'pass').waitFor();
  expect(await bench.load('http://no.example/')).toBe(REFUSED);
  await tab.close();
  await until('the pass is over', async () => (await by(bench.popup, 'pass').count()) === 0);
  const before = direct('one.example');
  expect(await bench.load('http://one.example/')).toBe(REFUSED);
  expect(direct('one.example')).toBe(before);
  bench.place.host('up');
  await bench.state('protected');
});

test('a web page can neither open that page nor be in it', async () => {
  const tab = await bench.context.newPage();
  await tab.goto('http://three.example/');
  const ours = `chrome-extension://${bench.extensionId}/ui/page/index.html#/blocked?u=http%3A%2F%2Fone.example%2F`;
  await tab.evaluate((address) => {
    const frame = document.createElement('iframe');
    frame.src = address;
    document.body.append(frame);
    location.href = address;
  }, ours);
  await until('the frame is there', async () => tab.frames().length > 1 || !tab.url().includes('three.example'));
  expect(tab.url()).not.toContain('chrome-extension://');
  expect(await by(tab, 'blockedPage').count()).toBe(0);
  await tab.close();
});

test('a request of its own tells that what the browser sends arrives; one that goes astray is said', async () => {
  bench.place.capabilities = ['self-test'];
  bench.place.host('up');
  bench.place.killHost();
  const arrived = async () => (await bench.exit.seen()).requests.includes(`${SELF_TEST_HOST}/`);
  await until('the self-test arrives', arrived);
  await bench.state('protected');
  const page = await bench.open(`${PAGE_PATH}#/diagnostics`);
  for (const name of ['Self-test: route', 'Self-test: names (DNS)', 'Self-test: WebRTC'])
    await by(page, 'diagnosticsRow', { 'data-key': name, 'data-ok': 'true' }).waitFor();
  await bench.openPopup();
  await bench.exit.set({ selfTest: 'somebody else' });
  bench.place.killHost();
  await trouble('proxy_astray');
  await bench.exit.set({ selfTest: 'u' });
  await bench.state('protected');
});

test('switched off in chrome://extensions it lets its host go; switched on it protects by itself, never direct first', async () => {
  const pid = bench.place.hostPid;
  await bench.manage('chrome.management.setEnabled(id, false)');
  await until('the host has ended', () => !existsSync(`/proc/${pid}`));
  expect(await bench.load('http://two.example/')).toBe('direct');
  const before = direct('one.example');
  await bench.manage('chrome.management.setEnabled(id, true)');
  expect(await bench.load('http://one.example/')).not.toBe('direct');
  await bench.openPopup();
  await bench.state('protected');
  expect(await bench.load('http://one.example/')).toBe('through the exit as u');
  expect(direct('one.example')).toBe(before);
});
