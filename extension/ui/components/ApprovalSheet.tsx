/** Every chain action is agreed to here: what leaves, what it costs at most, and what happens next. */
import { useState } from 'preact/hooks';
import { WarrenError } from '../../../shared/base/errors.ts';
import { Flag } from '../../../shared/ui/Flag.tsx';
import type { Approval } from '../../messages.ts';
import { exactAmount, formatAmount, parseAmount } from '../../wallet/amounts.ts';
import { useModal } from '../focus.ts';
import { countryName, decimal, localAmount, shortAddress } from '../format.ts';
import { errorText, t } from '../i18n.ts';
import { fire, send, view } from '../link.ts';
import { TEST } from '../testids.ts';
import { ApprovalFacts } from './ApprovalFacts.tsx';
import { Unlock } from './Unlock.tsx';

const TITLES = {
  open: 'approveOpen',
  topUp: 'approveTopUp',
  requestClose: 'approveClose',
  withdraw: 'approveWithdraw',
  send: 'approveSend',
  sendCoin: 'approveSend',
} as const;

export function ApprovalSheet() {
  const first = view.value?.approvals[0];
  return first ? <Sheet key={first.id} approval={first} more={(view.value?.approvals.length ?? 1) - 1} /> : null;
}

function Sheet({ approval, more }: { approval: Approval; more: number }) {
  const dialog = useModal();
  const whom = approval.payee ?? approval.to ?? '';
  const place = approval.node ? countryName(approval.node.country) : shortAddress(whom);
  return (
    <dialog
      ref={dialog}
      class="sheet"
      aria-labelledby="sheet-title"
      data-testid={TEST.approval}
      data-key={approval.id}
      data-kind={approval.kind}
      onCancel={(event) => {
        event.preventDefault();
        fire({ name: 'reject', id: approval.id });
      }}
    >
      <header class="sheet-head">
        {approval.node ? <Flag code={approval.node.country} size={26} /> : null}
        <div>
          <h2 id="sheet-title">{t(TITLES[approval.kind], place)}</h2>
          <p class="row-sub">{[approval.node?.city, approval.node?.network].filter(Boolean).join(' · ')}</p>
        </div>
      </header>
      {view.value?.wallet.unlocked ? <Body approval={approval} /> : <Unlock why={t('unlockToApprove')} />}
      {more > 0 ? <p class="note centred">{t('approvalsMore', more)}</p> : null}
    </dialog>
  );
}

function Body({ approval }: { approval: Approval }) {
  const network = view.value?.network;
  const decimals = network?.tokenDecimals ?? 18;
  const [text, setText] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const shown = text ?? exactAmount(BigInt(approval.amount), decimals);
  const amount = approval.editable ? parseAmount(shown, decimals) : BigInt(approval.amount);
  const mistake = amountProblem(approval, amount, decimals);
  const approve = async () => {
    if (amount === null) return;
    setBusy(true);
    setProblem('');
    try {
      await send<'approve'>({
        name: 'approve',
        id: approval.id,
        ...(approval.editable ? { amount: String(amount) } : {}),
      });
    } catch (thrown) {
      setProblem(
        thrown instanceof WarrenError ? `${errorText(thrown).message} ${errorText(thrown).action}` : String(thrown),
      );
      setBusy(false);
    }
  };
  return (
    <form
      class="sheet-body"
      onSubmit={(event) => {
        event.preventDefault();
        void approve();
      }}
    >
      {approval.editable ? (
        <label class="field big-field">
          <span>{t('deposit')}</span>
          <span class="with-unit">
            <input
              class="input"
              inputmode="decimal"
              data-testid={TEST.approvalAmount}
              value={shown}
              aria-invalid={mistake !== ''}
              aria-describedby="sheet-problem"
              onInput={(event) => setText(event.currentTarget.value)}
            />
            <span class="unit">{network?.tokenSymbol}</span>
          </span>
          <span class="note">{enoughFor(approval, amount)}</span>
        </label>
      ) : null}
      <ApprovalFacts approval={approval} amount={amount} />
      <p id="sheet-problem" class="problem" role="alert" data-testid={TEST.approvalError}>
        {problem || mistake}
      </p>
      <div class="sheet-actions">
        <button
          type="button"
          class="button"
          data-testid={TEST.approvalReject}
          disabled={busy}
          onClick={() => fire({ name: 'reject', id: approval.id })}
        >
          {t('notNow')}
        </button>
        <button
          type="submit"
          class="button primary"
          data-testid={TEST.approvalApprove}
          disabled={busy || amount === null || mistake !== '' || approval.problem !== null}
        >
          {busy ? t('sending') : t('approve')}
        </button>
      </div>
    </form>
  );
}

function amountProblem(approval: Approval, amount: bigint | null, decimals: number): string {
  const wallet = view.value?.wallet;
  if (approval.problem === 'token') return t('noToken', view.value?.network?.tokenSymbol ?? '');
  if (approval.problem === 'coin') return t('noCoin', view.value?.network?.coinSymbol ?? '');
  if (amount === null) return t('amountInvalid');
  if (!approval.editable) return '';
  if (amount < BigInt(approval.minAmount))
    return t('amountLow', localAmount(formatAmount(BigInt(approval.minAmount), decimals)));
  return wallet?.token != null && amount > BigInt(wallet.token) ? t('amountHigh') : '';
}

function enoughFor(approval: Approval, amount: bigint | null): string {
  if (amount === null || approval.pricePerMB === null || BigInt(approval.pricePerMB) === 0n) return '';
  const gigabytes = Number(((amount / BigInt(approval.pricePerMB)) * 10n) / 1000n) / 10;
  return t('enoughFor', decimal(gigabytes));
}
