/** The wallet's page in all its states, for the picture book. */
import type { Page } from 'playwright-core';
import { getAddress } from 'viem';
import { TEST } from '../../extension/ui/testids.ts';
import { accountKey, channelSigner } from '../../extension/wallet/keys.ts';
import { address } from '../../shared/base/units.ts';
import { channelId } from '../../shared/wire/proof.ts';
import type { Scenario } from './shots-host.ts';
import { closing, EMPTY, FRIEND, LOOKALIKE, NODES, recorded } from './shots-scenes.ts';

export interface Stage {
  readonly show: (name: string) => Promise<void>;
  readonly scene: (next: Scenario) => void;
  /** Loads the wallet's page anew. */
  readonly open: () => Promise<void>;
  readonly seed: Uint8Array;
}

export async function showWallet(page: Page, { show, scene, open, seed }: Stage): Promise<void> {
  const account = accountKey(seed).address;
  const payee = address(NODES[0]?.payee ?? '');
  const { address: signer } = channelSigner(seed, 0, payee);
  const history = recorded(account, { id: channelId({ payer: account, signer, payee }), signer });
  const base: Scenario = { ...EMPTY, answers: { ...EMPTY.answers, ...(history ? { 'wallet.history': history } : {}) } };
  scene(base);
  await open();
  await page.locator(`[data-testid=${TEST.historyRow}][data-kind=claim]`).first().waitFor();
  await show('page-wallet');
  await page.getByTestId(TEST.send).click();
  await page.getByTestId(TEST.sendTo).fill(LOOKALIKE);
  await page.getByTestId(TEST.sendCheck).filter({ hasText: /\S/ }).waitFor();
  await page.getByTestId(TEST.sendAmount).fill('2.5');
  await page.getByTestId(TEST.auto).click();
  await show('page-wallet-forms');
  await page.getByTestId(TEST.sendTo).fill(getAddress(FRIEND));
  await page.locator(`[data-testid=${TEST.sendSubmit}]:enabled`).click();
  await page.getByTestId(TEST.approval).waitFor();
  await page.locator(`[data-testid=${TEST.approvalApprove}]:enabled`).waitFor();
  await show('page-approval-send');
  await page.getByTestId(TEST.approvalReject).click();
  await page.getByTestId(TEST.channelClose).first().click();
  await page.locator(`[data-testid=${TEST.approvalApprove}]:enabled`).waitFor();
  await show('page-approval-close');
  await page.getByTestId(TEST.approvalReject).click();
  scene(closing(base, 80_000));
  await page.getByTestId(TEST.walletRefresh).click();
  await page.getByTestId(TEST.timeLeft).waitFor();
  await show('page-wallet-closing');
  scene(closing(base, -10));
  await page.getByTestId(TEST.walletRefresh).click();
  await page.locator(`[data-testid=${TEST.channelRow}][data-state=due]`).waitFor();
  await show('page-wallet-due');
}
