import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announceDashboard, findDashboard } from '../../../provider/dashboard/announce.ts';
import { readPage } from '../../../provider/dashboard/page.ts';
import { type Dashboard, startDashboard } from '../../../provider/dashboard/server.ts';
import type { Status } from '../../../provider/dashboard/status.ts';
import { recordTraffic } from '../../../provider/dashboard/traffic.ts';
import { address } from '../../../shared/base/units.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { MEMORY } from '../../memory.ts';

const STATUS: Status = {
  version: '1.2.3',
  startedAt: 0,
  now: 60_000,
  state: 'serving',
  did: 'did:ethr:31337:0x00',
  account: '0x00',
  sender: '0x00',
  network: { name: 'lab', tokenSymbol: 'tMYST', tokenDecimals: 18, coinSymbol: 'ETH', explorer: null },
  offer: null,
  reach: {
    relays: 'connected',
    ledger: 'reachable',
    nat: null,
    natWords: { title: 'easy', clients: 'Fine.' },
    port: 1,
    rotations: 0,
    publicAddresses: [],
    backend: 'kernel',
  },
  clients: { active: 3, max: 10, served: 8, refused: { memory: 2 }, countries: { DE: 2 } },
  sessions: [],
  traffic: { rxBytes: 1, txBytes: 2, rx: [], tx: [], capacityMbps: 100, shareKbps: null },
  earnings: { claimed: '1500000000000000000', unclaimed: '0', proofs: 0, settlements: [], days: [] },
  health: [{ name: 'Relays', ok: true, text: 'connected', action: null }],
  resolver: { asked: 5, answered: 4, refused: 1, failed: 0 },
};
let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await startDashboard(0, () => STATUS);
});
afterAll(() => dashboard.close());

function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ code: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: dashboard.port, path, method, headers }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ code: response.statusCode ?? 0, headers: response.headers, body });
    });
    sent.on('error', reject);
    sent.end();
  });
}
const bearer = () => ({ authorization: `Bearer ${dashboard.token}` });

describe('the dashboard', () => {
  it('gives the status and the metrics to whoever shows the token', async () => {
    expect(JSON.parse((await ask('/api/status', bearer())).body)).toEqual(STATUS);
    const { body } = await ask('/metrics', bearer());
    expect(body).toContain('warren_provider_clients 3\n');
    expect(body).toContain('warren_provider_claimed_tokens_total 1.5\n');
    expect(body).toContain('warren_provider_clients_refused_total{reason="memory"} 2\n');
    expect(body).toContain('warren_provider_healthy{check="Relays"} 1\n');
    for (const line of body.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[\w ]+"\})? \d[\d.e+]*)$/);
  });

  it.each(['/api/status', '/metrics'])('keeps %s from everybody else', async (path) => {
    expect((await ask(path)).code).toBe(401);
    expect((await ask(path, { authorization: 'Bearer wrong' })).code).toBe(401);
    expect((await ask(`${path}?token=${dashboard.token}`)).code).toBe(401);
  });

  it('answers to its own names only, so that no foreign name can be rebound to it', async () => {
    expect((await ask('/', { host: 'evil.example' })).code).toBe(421);
    expect((await ask('/api/status', { ...bearer(), host: `evil.example:${dashboard.port}` })).code).toBe(421);
    expect((await ask('/', { host: `localhost:${dashboard.port}` })).code).toBe(200);
  });

  it('gives nothing to scripts of other sites', async () => {
    expect((await ask('/api/status', { ...bearer(), 'sec-fetch-site': 'cross-site' })).code).toBe(403);
    const { headers } = await ask('/api/status', { ...bearer(), origin: 'https://evil.example' });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('shows a page without a single fact, whose scripts are its own', async () => {
    const { body, headers } = await ask('/');
    expect(body).toContain('Warren node');
    expect(body).not.toMatch(/did:ethr|tMYST/);
    expect(body).not.toMatch(/<script>|<style|style=/);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
  });

  it('knows no other path and no other method', async () => {
    expect((await ask('/../config.ts', bearer())).code).toBe(404);
    expect((await ask('/api/status', bearer(), 'POST')).code).toBe(405);
    const head = await ask('/', {}, 'HEAD');
    expect([head.code, head.body]).toEqual([200, '']);
  });

  it('is found again by its operator only, through a private file that goes with it', async () => {
    const folder = await mkdtemp(`${MEMORY}/warren-dashboard-`);
    const account = address(`0x${'12'.repeat(20)}`);
    expect(() => findDashboard(folder, account)).toThrow(expect.objectContaining({ code: 'node_offline' }));
    const announced = announceDashboard(folder, account, dashboard);
    expect(findDashboard(folder, account)).toEqual({ port: dashboard.port, token: dashboard.token });
    expect((await stat(join(folder, `provider-${account}.dashboard`))).mode & 0o777).toBe(0o600);
    announced.remove();
    expect(() => findDashboard(folder, account)).toThrow();
    await rm(folder, { recursive: true });
  });
});

describe('the built page', () => {
  it('is served by the names of its files, and by no other', async () => {
    const folder = await mkdtemp(`${MEMORY}/warren-page-`);
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<h1>here</h1>');
    await writeFile(join(folder, 'assets', 'index-1.js'), 'let x');
    await writeFile(join(folder, 'assets', 'notes.txt'), 'private');
    const page = readPage([join(folder, 'none'), `${folder}/`]);
    expect([...page.keys()].sort()).toEqual(['/', '/assets/index-1.js']);
    expect(page.get('/')).toMatchObject({ type: 'text/html; charset=utf-8', body: Buffer.from('<h1>here</h1>') });
    await rm(folder, { recursive: true });
  });

  it('says how to build it where it is not', () => {
    expect(String(readPage([]).get('/')?.body)).toContain('./warren build');
  });
});

describe('the traffic history', () => {
  it('holds the bytes of each of the last 120 seconds', () => {
    const clock = createFakeClock();
    const totals = { rxBytes: 0, txBytes: 0 };
    const history = recordTraffic(clock, totals);
    for (let second = 1; second <= 200; second++) {
      totals.rxBytes += second;
      clock.advance(1_000);
    }
    expect(history.rx).toHaveLength(120);
    expect(history.rx.at(-1)).toBe(200);
    expect(history.tx.at(-1)).toBe(0);
    history.stop();
    clock.advance(5_000);
    expect(history.rx.at(-1)).toBe(200);
  });
});
