/** Step 2: a wallet is made, its seed shown and backed up, its vault encrypted, and test MYST arrives. */
import { execFileSync } from 'node:child_process';
import { parseEther } from 'viem';
import { address } from '../../../shared/base/units.ts';
import type { Story } from '../story.ts';
import { by, createWallet, value } from '../ui.ts';
import { until } from '../wait.ts';

export const START_TOKEN = '25';
const START_COIN = '0.5';

export async function makeWallet(story: Story): Promise<void> {
  const { browser, scene, told, popup, shot } = story;
  const page = await browser.openPage('#/setup');
  const words = await createWallet(page, shot);
  told.claim('twelve words were shown and asked back', words.length === 12);
  const stored = await page.evaluate(() => chrome.storage.local.get(null).then((all) => JSON.stringify(all)));
  told.claim(
    'the vault is encrypted: the store holds no two words of the seed in a row',
    stored.length > 100 && words.every((word, i) => !stored.includes(`${word} ${words[i + 1] ?? word}`)),
    `${stored.length} bytes stored`,
  );
  const found = grep(browser.profile, words.slice(0, 3).join(' '));
  told.claim('no file of the browser profile holds the seed in clear', found === 0, `${found} files`);
  await page.close();

  const wallet = await browser.openPage('#/wallet');
  await shot('wallet-empty', wallet);
  await by(wallet, 'receive').click();
  const own = address(((await by(wallet, 'address').first().textContent()) ?? '').replaceAll(/\s/g, ''));
  story.wallet = { address: own, words };
  await scene.chain.give(own, { token: START_TOKEN, coin: START_COIN });
  told.note(`the lab's faucet sends ${START_TOKEN} tMYST and ${START_COIN} ETH to ${own}`);
  const wanted = parseEther(START_TOKEN);
  await until(
    'the balance on screen',
    async () => {
      await by(wallet, 'walletRefresh').first().click();
      return (await value(wallet, 'balanceToken')) === wanted;
    },
    15_000,
    250,
  );
  told.claim('the wallet shows the balance', true, `${START_TOKEN} tMYST`);
  await shot('wallet-funded', wallet);
  await wallet.close();
  await popup.bringToFront();
  await shot('popup-off', popup);
}

/** Files under a folder that hold the text. */
function grep(folder: string, text: string): number {
  try {
    return execFileSync('grep', ['-rlaF', '--', text, folder]).toString().trim().split('\n').length;
  } catch {
    return 0;
  }
}
