/** Step 3: both providers stand in the list; DE becomes the default; three sites get their routes. */
import { parseEther } from 'viem';
import type { Story } from '../story.ts';
import { addRule, by, value, view } from '../ui.ts';
import { until } from '../wait.ts';
import { usePicker } from './picker.ts';

export async function chooseNodes(story: Story): Promise<void> {
  const { browser, scene, told, shot } = story;
  const page = await browser.openPage('#/nodes');
  const row = (country: string) => by(page, 'nodeRow', { 'data-country': country }).first();
  await until(
    'both nodes with their latency',
    async () => {
      const shown = await Promise.all(
        ['DE', 'JP'].map(async (country) => {
          if ((await row(country).count()) === 0) return false;
          return ((await by(row(country), 'nodeLatency').getAttribute('data-value')) ?? '') !== '';
        }),
      );
      if (shown.every(Boolean)) return true;
      await by(page, 'nodesRefresh').click();
      return false;
    },
    20_000,
    500,
  );
  const prices = { DE: parseEther('0.0002'), JP: parseEther('0.0003') };
  for (const provider of Object.values(scene.providers)) {
    const country = provider.country as 'DE' | 'JP';
    const text = ((await row(country).textContent()) ?? '').replaceAll(/\s+/g, ' ');
    const price = await value(row(country), 'nodePrice');
    const latency = await by(row(country), 'nodeLatency').getAttribute('data-value');
    const key = (await row(country).getAttribute('data-key')) ?? '';
    told.claim(
      `the list shows ${country} with price, kind and latency`,
      price === prices[country] && /home ·/i.test(text) && Number(latency) >= 0 && key.endsWith(provider.account),
      `${Number(price) / 1e18} tMYST/MB, ${latency} ms`,
    );
  }
  await shot('nodes', page);
  await usePicker(page, told, (name) => shot(name, page));
  await by(row('DE'), 'nodeSetDefault').click();
  await until(
    'DE is the default',
    async () => (await by(row('DE'), 'nodeSetDefault').getAttribute('aria-pressed')) === 'true',
  );
  told.claim('DE is picked as the default', true);
  await page.close();

  const rules = await browser.openPage('#/rules');
  await addRule(rules, 'one.example', 'country:DE');
  await addRule(rules, 'two.example', 'country:JP');
  await by(rules, 'otherwise').selectOption('direct');
  const { routes } = await until('everything else direct', async () => {
    const now = await view(rules);
    return now.routes.otherwise.kind === 'direct' ? now : null;
  });
  told.claim(
    'the rules stand: one.example → DE, two.example → JP, everything else direct',
    routes.count === 2 && routes.otherwise.kind === 'direct',
    routes.named.map((exit) => JSON.stringify(exit)).join(' '),
  );
  await shot('rules', rules);
  await rules.close();
}
