/** The figures of a question: price, fees in both units, what leaves or comes back, and what happens next. */

import { address } from '../../../shared/base/units.ts';
import type { Approval } from '../../messages.ts';
import { addressGroups } from '../../wallet/address-check.ts';
import { hours } from '../format.ts';
import { type Key, t } from '../i18n.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';

const STOPPED: Record<NonNullable<Approval['autoStop']>, Key> = {
  day: 'autoStopDay',
  month: 'autoStopMonth',
  channel: 'autoStopChannel',
  fee: 'autoStopFee',
  price: 'autoStopPrice',
  funds: 'autoStopFunds',
  failed: 'autoStopFailed',
};

export function ApprovalFacts({ approval, amount }: { approval: Approval; amount: bigint | null }) {
  const { kind, pricePerMB, maxFee, maxFeeInToken, to } = approval;
  const leaves = kind === 'open' || kind === 'topUp' || kind === 'send' || kind === 'sendCoin';
  return (
    <>
      {approval.autoStop ? <p class="banner amber">{t(STOPPED[approval.autoStop])}</p> : null}
      <dl class="facts">
        {to === null ? null : (
          <>
            <dt>{t('sendTo')}</dt>
            <dd class="address-groups mono" data-testid={TEST.approvalTo} data-value={to}>
              {addressGroups(address(to)).map((group, at) => (
                <span key={at}>{group}</span>
              ))}
            </dd>
          </>
        )}
        {pricePerMB === null ? null : (
          <>
            <dt>{t('price')}</dt>
            <dd>
              <Amount wei={BigInt(pricePerMB) * 1000n} per="GB" />
            </dd>
          </>
        )}
        <dt>{t('networkFee')}</dt>
        <dd data-testid={TEST.approvalFee} data-value={maxFee ?? ''}>
          <Amount wei={maxFee} coin digits={6} />
          {maxFeeInToken === null ? null : (
            <span class="also">
              {' ≈ '}
              <Amount wei={maxFeeInToken} />
            </span>
          )}
        </dd>
        <dt>{t(leaves ? 'mostThatLeaves' : 'comesBack')}</dt>
        <dd class="strong" data-testid={TEST.approvalTotal} data-value={amount === null ? '' : String(amount)}>
          <Amount wei={amount} coin={kind === 'sendCoin'} />
        </dd>
      </dl>
      {approval.transactions > 1 ? <p class="note">{t('twoTransactions')}</p> : null}
      <p class="next">{nextText(approval)}</p>
    </>
  );
}

function nextText({ kind, graceMinutes }: Approval): string {
  const grace = hours(graceMinutes ?? 0);
  switch (kind) {
    case 'requestClose':
      return t('nextClose', grace);
    case 'withdraw':
      return t('nextWithdraw');
    case 'send':
    case 'sendCoin':
      return t('nextSend');
    default:
      return t('nextOpen', grace);
  }
}
