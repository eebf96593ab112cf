/**
 * The compiled proxy script against the reference, in a real Chromium: ten thousand addresses are really fetched, and
 * whoever answers says which way they went. Every name that Chromium would ask for itself is the site of this test.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type BrowserContext, chromium, type Worker } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planExits } from '../../extension/routing/exits.ts';
import { decide } from '../../extension/routing/match.ts';
import type { RouteTable } from '../../extension/routing/rules.ts';
import { until } from '../e2e/wait.ts';
import { compilePac, hosts, payee, tables } from '../unit/extension/tables.ts';

const TABLES = 100;
const ADDRESSES = 100;
/** Of these exits one each is up; any other is dead. */
const EXITS = [`node:${payee(1)}`, `node:${payee(2)}`, 'country:JP'];
/** Chromium never asks a proxy script about these, and never sends them to a proxy. */
const BYPASSED = /^(127\.|169\.254\.|::1$|fe[89ab][0-9a-f]:|(.*\.)?localhost$)/;

const work = mkdtempSync(join(tmpdir(), 'warren-agreement-'));
const site = answering('direct');
const exits = EXITS.map(answering);
const marker = answering('marker');
let context: BrowserContext;
let worker: Worker;
let ports: ReadonlyMap<string, number>;

beforeAll(async () => {
  const [sitePort] = await Promise.all([site, ...exits, marker].map(listen));
  ports = new Map(exits.map((server, i) => [EXITS[i] ?? '', portOf(server)]));
  const extension = join(work, 'extension');
  mkdirSync(extension);
  const manifest = {
    manifest_version: 3,
    name: 'Agreement',
    version: '1',
    permissions: ['proxy'],
    host_permissions: ['<all_urls>'],
    background: { service_worker: 'background.js' },
  };
  writeFileSync(join(extension, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(extension, 'background.js'), '');
  context = await chromium.launchPersistentContext(join(work, 'profile'), {
    executablePath: '/usr/lib/chromium/chromium',
    headless: true,
    env: { ...process.env, TMPDIR: work },
    args: [
      ...['--no-sandbox', '--no-first-run', '--disable-gpu', '--disable-sync'],
      `--host-resolver-rules=MAP * 127.0.0.1:${sitePort}, EXCLUDE 127.0.0.1`,
      ...[`--disable-extensions-except=${extension}`, `--load-extension=${extension}`],
    ],
  });
  worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
}, 60_000);
afterAll(async () => {
  await context?.close();
  for (const server of [site, ...exits, marker]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(work, { recursive: true, force: true });
});

test('Chromium sends each of ten thousand addresses where the reference says', async () => {
  let asked = 0;
  for (const [at, [routes, names, inPrivate]] of samples().entries()) {
    await apply(compilePac(routes, ports, inPrivate), at);
    const went = await fetchAll(names.map(addressOf));
    const meant = names.map((name) => wayOf(routes, name, inPrivate));
    const told = names.map((name, i) => `${name} → ${went[i]}`);
    expect(told, `table ${at}`).toEqual(names.map((name, i) => `${name} → ${meant[i]}`));
    asked += names.length;
  }
  expect(asked).toBe(TABLES * ADDRESSES);
}, 120_000);

/** What the answer to a request for this host must be. */
function wayOf(routes: RouteTable, host: string, inPrivate: boolean): string {
  if (BYPASSED.test(host)) return 'direct';
  const { action } = decide(routes, { host, private: inPrivate });
  if (action.kind === 'direct') return 'direct';
  const exit = planExits(routes).exitOf(action) ?? '';
  return ports.has(exit) ? exit : 'dead';
}

/** As people and pages write addresses: any port, any case, with or without the root's dot. */
function addressOf(host: string, at: number): string {
  const name = host.includes(':') ? `[${host}]` : at % 3 === 0 ? host.toUpperCase() : host;
  const dot = at % 5 === 0 && /[a-z]/.test(host) && !host.includes(':') ? '.' : '';
  return `http://${name}${dot}${['', ':8080', ':8443'][at % 3]}/some/path?q=${at}`;
}

/** A change of the script takes effect some time after the browser has taken it: a host of the test's own tells when. */
async function apply(pac: string, at: number): Promise<void> {
  const host = `marker-${at}.test`;
  const marked = `${pac}var ROUTE=FindProxyForURL;FindProxyForURL=function(u,h){return h===${JSON.stringify(host)}?"PROXY 127.0.0.1:${portOf(marker)}":ROUTE(u,h)}`;
  await worker.evaluate(
    (data) => chrome.proxy.settings.set({ value: { mode: 'pac_script', pacScript: { data, mandatory: true } } }),
    marked,
  );
  await until('the script holds', async () => (await fetchAll([`http://${host}/`]))[0] === 'marker', 10_000, 5);
}

function fetchAll(urls: readonly string[]): Promise<string[]> {
  return worker.evaluate(
    (all) =>
      Promise.all(
        all.map((url) =>
          fetch(url, { cache: 'no-store', credentials: 'omit' }).then(
            (answer) => answer.text(),
            () => 'dead',
          ),
        ),
      ),
    urls,
  );
}

function samples() {
  // Chromium refuses to fetch from "this network" at all, and the proxies themselves are at the second.
  const names = fc.array(
    hosts.filter((host) => !host.startsWith('0.') && host !== '127.0.0.1'),
    { minLength: ADDRESSES, maxLength: ADDRESSES },
  );
  return fc.sample(fc.tuple(tables, names, fc.boolean()), TABLES);
}

function answering(text: string): Server {
  return createServer((_request, response) => void response.end(text));
}
function listen(server: Server): Promise<number> {
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(portOf(server))));
}
function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
