/** Step 9: the node never comes back. Its deposit does: after the notice, from the wallet, with nobody's consent. */
import { formatEther } from 'viem';
import { address } from '../../../shared/base/units.ts';
import type { Page } from '../../lab/browser.ts';
import type { Story } from '../story.ts';
import { by, value, view } from '../ui.ts';
import { until } from '../wait.ts';

export async function takeBack(story: Story): Promise<void> {
  const { scene, browser, told, shot, wallet: own } = story;
  const { chain, lab, providers } = scene;
  if (!own) throw new Error('there is no wallet');
  const account = address(own.address);
  const payee = address(providers.de.account);
  const wallet = await browser.openPage('#/wallet');
  const row = by(wallet, 'channelRow', { 'data-key': payee });
  await row.waitFor({ timeout: 20_000 });
  await until('the deposit can be closed', () => by(row, 'channelClose').isEnabled({ timeout: 500 }), 20_000);

  const before = await chain.tokenBalance(account);
  await by(row, 'channelClose').click();
  const least = await agree(wallet, 'requestClose', shot, 'wallet-close-sheet');
  await by(wallet, 'channelRow', { 'data-key': payee, 'data-state': 'closing' }).waitFor({ timeout: 20_000 });
  const left = (await by(row, 'timeLeft').textContent()) ?? '';
  const closeAt = Number(await value(row, 'timeLeft'));
  told.claim(
    'the wallet gives notice for a node that is gone, and counts down',
    /\d+:\d\d:\d\d/.test(left) && closeAt > Date.now() / 1000,
    left,
  );
  told.claim('until then nothing can be taken', !(await by(row, 'channelClose').isEnabled()));
  await shot('wallet-closing', wallet);

  const { timestamp } = (await lab.rpc('eth_getBlockByNumber', ['latest', false])) as { readonly timestamp: string };
  await lab.rpc('evm_setNextBlockTimestamp', [Math.max(closeAt, Number(timestamp) + 1)]);
  await lab.rpc('evm_mine', []);
  await by(wallet, 'walletRefresh').click();
  await by(wallet, 'channelRow', { 'data-key': payee, 'data-state': 'due' }).waitFor({ timeout: 20_000 });
  await shot('wallet-due', wallet);
  await by(row, 'channelClose').click();
  await agree(wallet, 'withdraw', shot, 'wallet-withdraw-sheet');
  const rise = await until(
    'the deposit is back',
    async () => (await chain.tokenBalance(account)) - before || null,
    20_000,
  );
  told.claim(
    'after the notice the deposit is back, all that the node had not claimed',
    rise >= least && least > 0n,
    `${formatEther(rise)} tMYST, at least ${formatEther(least)} promised`,
  );
  await until('the row is gone', async () => (await row.count()) === 0, 20_000);
  const entry = await until(
    'the activity tells it',
    async () => {
      const { history } = (await view(wallet)).wallet;
      return history.find(({ kind, block }) => kind === 'withdraw' && block !== null) ?? null;
    },
    20_000,
  );
  told.claim('and the activity tells it, to the wei', BigInt(entry.amount) === rise);
  await shot('wallet-taken-back', wallet);
  await wallet.close();
}

/** @returns what the sheet promises, wei. */
async function agree(page: Page, kind: string, shot: Story['shot'], name: string): Promise<bigint> {
  const sheet = by(page, 'approval', { 'data-kind': kind });
  await sheet.waitFor({ timeout: 10_000 });
  await until('the sheet has its numbers', () => by(sheet, 'approvalApprove').isEnabled({ timeout: 500 }), 10_000);
  await shot(name, page);
  const total = await value(sheet, 'approvalTotal');
  await by(sheet, 'approvalApprove').click();
  return total;
}
