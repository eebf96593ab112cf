/** Step 8: connected once more, then the provider, the host and netd are killed; nothing of a routed site leaks. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Page } from '../../lab/browser.ts';
import { programOf } from '../../lab/programs.ts';
import { SERVERS } from '../../lab/servers.ts';
import type { Story } from '../story.ts';
import { seconds } from '../timeline.ts';
import { approveUntil, by } from '../ui.ts';
import { until } from '../wait.ts';

export async function survive(story: Story): Promise<void> {
  const { scene, browser, told, popup, capture, shot } = story;
  const { lab, client, providers } = scene;
  await popup.bringToFront();
  await by(popup, 'connectSwitch').click();
  await approveUntil(popup, 'protected');
  const tab = await browser.newTab();
  await tab.goto('https://one.example/', { timeout: 15_000 });
  told.claim(
    'connected once more, one.example loads through DE',
    (await tab.locator('#address').textContent()) === providers.de.home.wan,
  );
  await tab.close();
  const visits = lab.visits.length;

  const asking = await browser.newTab();
  await asking.goto('https://two.example/', { timeout: 15_000 });
  await keepAsking(asking);

  await popup.bringToFront();
  providers.de.process.kill('SIGKILL');
  await providers.de.process.exited;
  const killed = performance.now();
  const said = await until(
    'the popup shows that an exit is gone',
    async () => {
      const rows = await by(popup, 'exitRow').evaluateAll((all) =>
        all.map((row) => ({
          phase: row.getAttribute('data-state'),
          country: row.getAttribute('data-country'),
          text: row.textContent ?? '',
        })),
      );
      return rows.find(({ phase }) => phase !== 'up') ?? null;
    },
    10_000,
  ).catch(() => null);
  const state = await by(popup, 'stateText').getAttribute('data-state');
  told.claim(
    'the popup shows it within 8 s, by its country, and no longer says protected',
    said?.country === 'DE' && state !== 'protected' && performance.now() - killed < 8_000,
    `${state} after ${seconds(performance.now() - killed)}: ${said?.text ?? 'still up'}`,
  );
  await shot('popup-provider-gone', popup);
  await fails(story, 'the provider');

  const host = hostPid(client.user.uid);
  told.claim('the native host runs as an ordinary user', host !== null, `pid ${host}, uid ${client.user.uid}`);
  if (host) process.kill(host, 'SIGKILL');
  await fails(story, 'the host');
  client.netd.kill('SIGKILL');
  await client.netd.exited;
  await fails(story, 'netd');
  await popup.bringToFront();
  await shot('popup-all-gone', popup);

  await lab.settle(client.home);
  const packets = await capture.matching(
    `host ${SERVERS.origins['one.example']} or host ${SERVERS.origins['two.example']}`,
  );
  const names = (await capture.matching('port 53')).filter((line) => /\b(one|two)\.example/.test(line));
  const asked = await asking.evaluate(() => (globalThis as unknown as { asked: number }).asked);
  told.claim('all that time a page kept asking for both routed sites', asked > 20, `${asked} requests`);
  told.claim(
    'the capture of the uplink holds no packet of a routed site outside a tunnel',
    packets.length === 0 && names.length === 0,
    packets[0] ?? names[0] ?? `${lab.visits.length - visits} visits in that time, all through a provider`,
  );
  const own = lab.visits.filter((visit) => visit.site !== 'three.example' && visit.from === client.home.wan);
  told.claim("no routed site ever saw the client's own address", own.length === 0);
  const direct = await browser.newTab();
  await direct.goto('https://three.example/', { timeout: 15_000 });
  told.claim('direct sites still load', (await direct.locator('#address').textContent()) === client.home.wan);
  await direct.close();
}

/**
 * Pages ask all the time, as real ones do: a leak of a moment would be seen. A worker, since browsers
 * slow down the timers of tabs that nobody looks at.
 */
async function keepAsking(tab: Page): Promise<void> {
  await tab.evaluate(() => {
    const play = (): void => {
      setInterval(() => {
        for (const site of ['one.example', 'two.example'])
          void fetch(`https://${site}/?${Math.random()}`, { cache: 'no-store' }).catch(() => null);
        postMessage(2);
      }, 100);
    };
    const counter = globalThis as unknown as { asked: number };
    counter.asked = 0;
    const worker = new Worker(URL.createObjectURL(new Blob([`(${play})()`])));
    worker.onmessage = ({ data }: MessageEvent<number>) => {
      counter.asked += data;
    };
  });
}

async function fails({ browser, told }: Story, whom: string): Promise<void> {
  const tab = await browser.newTab();
  const answer = await tab.goto('https://one.example/', { timeout: 8_000 }).then(
    // Warren's own page in its place is no load of the site.
    () => tab.evaluate(() => (location.hostname === 'one.example' ? 'it loaded' : 'Warren says why')),
    (error: Error) => /net::\w+|NS_ERROR_\w+|Timeout/.exec(error.message)?.[0] ?? error.message,
  );
  told.claim(`kill -9 ${whom}: one.example does not load`, answer !== 'it loaded', answer);
  await tab.close();
}

/** The process that the browser started: found by its user and its file. */
function hostPid(uid: number): number | null {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const isOurs = new RegExp(`^Uid:\\s+${uid}\\b`, 'm').test(readFileSync(`/proc/${pid}/status`, 'utf8'));
      if (isOurs && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(programOf('native-host/main.ts')))
        return Number(pid);
    } catch {
      // It ended while we looked.
    }
  }
  return null;
}
