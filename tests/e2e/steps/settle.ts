/** Step 7: disconnect; every wei is where the proofs say, and nothing of the session is left anywhere. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { formatEther, parseEther } from 'viem';
import { inNamespace } from '../../lab/run.ts';
import { findOnDisk, sessionSecrets } from '../secrets.ts';
import type { Story } from '../story.ts';
import { by, value, view } from '../ui.ts';
import { until } from '../wait.ts';
import { lookBack } from './picker.ts';
import { START_TOKEN } from './wallet.ts';

export async function settle(story: Story): Promise<void> {
  const { scene, told, popup, browser, shot } = story;
  const { chain, client, providers } = scene;
  const secrets = await sessionSecrets(scene);
  const before = await Promise.all(Object.values(providers).map(({ account }) => chain.tokenBalance(account)));
  await popup.bringToFront();
  await by(popup, 'connectSwitch').click();
  await until(
    'the popup says off',
    async () => (await by(popup, 'stateText').getAttribute('data-state')) === 'off',
    20_000,
  );
  const over = await until(
    'every exit is closed',
    async () => {
      const now = await view(popup);
      return now.exits.every((exit) => exit.phase === 'closed') ? now : null;
    },
    20_000,
  );
  await shot('popup-disconnected', popup);

  let earned = 0n;
  for (const [i, provider] of Object.values(providers).entries()) {
    const status = await until(
      `${provider.country} has settled`,
      async () => {
        const now = await provider.status();
        return now.sessions.length === 0 && BigInt(now.earnings.unclaimed) === 0n ? now : null;
      },
      20_000,
    );
    const rise = (await chain.tokenBalance(provider.account)) - (before[i] ?? 0n);
    const signed = over.exits.find((exit) => exit.node?.country === provider.country)?.spentTotal;
    told.claim(
      `${provider.country}: its balance rose by exactly what the proofs say`,
      rise > 0n && (signed === undefined || rise === BigInt(signed)) && rise === BigInt(status.earnings.claimed),
      `${formatEther(rise)} tMYST in ${status.earnings.settlements.length} settlement`,
    );
    earned += rise;
  }
  const own = story.wallet?.address ?? '0x';
  const rest = await chain.tokenBalance(own as Parameters<typeof chain.tokenBalance>[0]);
  told.claim(
    'the remainder is back in the wallet, to the wei',
    rest === parseEther(START_TOKEN) - earned,
    `${formatEther(rest)} tMYST`,
  );
  const wallet = await browser.openPage('#/wallet');
  await until(
    'the wallet shows it',
    async () => {
      await by(wallet, 'walletRefresh').first().click();
      return (await value(wallet, 'balanceToken')) === rest;
    },
    10_000,
    250,
  );
  told.claim('and the wallet on screen says the same', true);
  await shot('wallet-settled', wallet);
  await wallet.close();
  const nodes = await browser.openPage('#/nodes');
  await lookBack(nodes, told);
  await shot('node-used', nodes);
  await nodes.close();

  const links = await inNamespace(client.home.host, 'ip', ['-o', 'link', 'show']);
  told.claim('no tunnel is left on the machine', !links.includes('wrn'));
  await until('the runtime folder holds nothing', () => filesUnder(client.runtime).length === 0, 5_000).catch(
    () => null,
  );
  const left = filesUnder(client.runtime);
  told.claim('the runtime folder is wiped', left.length === 0, left.join(' '));
  const found = await findOnDisk(scene, secrets, story.beganAt);
  told.claim(
    "no file on a disk ever held a session key, nor the provider's disk a client's address",
    found.length === 0 && secrets.keys.length >= 4,
    found.length > 0 ? found.join(' ') : `${secrets.keys.length} keys looked for`,
  );
}

/** Files that hold anything: the journal of signed amounts is emptied as channels close, and goes with its host. */
function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).size > 0)
    .map((entry) => entry.name);
}
