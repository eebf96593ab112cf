/** Tokens or coins to somebody else: the address is checked while it is typed, the sheet asks once more. */
import { useEffect, useState } from 'preact/hooks';
import { WarrenError } from '../../../shared/base/errors.ts';
import type { NetworkView, WalletView } from '../../messages.ts';
import { type AddressProblem, addressGroups, type CheckedAddress } from '../../wallet/address-check.ts';
import { exactAmount, parseAmount } from '../../wallet/amounts.ts';
import { errorText, type Key, t } from '../i18n.ts';
import { send } from '../link.ts';
import { TEST } from '../testids.ts';

const COIN_DECIMALS = 18;
const PROBLEM: Record<AddressProblem, Key> = {
  form: 'addressForm',
  checksum: 'addressChecksum',
  own: 'addressOwn',
  zero: 'addressZero',
  contract: 'addressContract',
};

export function SendForm({ wallet, network }: { wallet: WalletView; network: NetworkView }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="card fold" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary data-testid={TEST.send}>{t('send')}</summary>
      {open ? <Form wallet={wallet} network={network} onDone={() => setOpen(false)} /> : null}
    </details>
  );
}

function Form({ wallet, network, onDone }: { wallet: WalletView; network: NetworkView; onDone: () => void }) {
  const [asset, setAsset] = useState<'token' | 'coin'>('token');
  const [to, setTo] = useState('');
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  const checked = useChecked(to);
  const coin = asset === 'coin';
  const decimals = coin ? COIN_DECIMALS : network.tokenDecimals;
  const held = BigInt((coin ? wallet.coin : wallet.token) ?? 0);
  const amount = parseAmount(text, decimals);
  const tooMuch = amount !== null && amount > held;
  const ready = checked !== null && typeof checked !== 'string' && amount !== null && amount > 0n && !tooMuch;
  const submit = (event: Event) => {
    event.preventDefault();
    if (!ready) return;
    send<'wallet.send'>({ name: 'wallet.send', asset, to: checked.address, amount: String(amount) }).then(
      onDone,
      (thrown) => setProblem(thrown instanceof WarrenError ? errorText(thrown).message : String(thrown)),
    );
  };
  return (
    <form class="form" onSubmit={submit}>
      <label class="field">
        <span>{t('sendWhat')}</span>
        <select
          class="input"
          data-testid={TEST.sendAsset}
          value={asset}
          onChange={(event) => setAsset(event.currentTarget.value === 'coin' ? 'coin' : 'token')}
        >
          <option value="token">{network.tokenSymbol}</option>
          <option value="coin">{network.coinSymbol}</option>
        </select>
      </label>
      <label class="field">
        <span>{t('sendTo')}</span>
        <input
          class="input mono"
          placeholder="0x…"
          autocomplete="off"
          spellcheck={false}
          data-testid={TEST.sendTo}
          value={to}
          aria-invalid={typeof checked === 'string'}
          aria-describedby="send-to-said"
          onInput={(event) => setTo(event.currentTarget.value)}
        />
      </label>
      <div id="send-to-said" data-testid={TEST.sendCheck} aria-live="polite">
        <Said checked={checked} />
      </div>
      <label class="field">
        <span>{t('amount')}</span>
        <span class="with-button">
          <input
            class="input"
            inputmode="decimal"
            autocomplete="off"
            data-testid={TEST.sendAmount}
            value={text}
            aria-invalid={tooMuch || (text !== '' && amount === null)}
            aria-describedby="send-problem"
            onInput={(event) => setText(event.currentTarget.value)}
          />
          {coin ? null : (
            <button type="button" class="button" onClick={() => setText(exactAmount(held, decimals))}>
              {t('everything')}
            </button>
          )}
        </span>
      </label>
      <p id="send-problem" class="problem" role="alert" data-testid={TEST.sendError}>
        {problem || (tooMuch ? t('amountHigh') : text !== '' && amount === null ? t('amountInvalid') : '')}
      </p>
      <button type="submit" class="button primary" data-testid={TEST.sendSubmit} disabled={!ready}>
        {t('sendReview')}
      </button>
    </form>
  );
}

function Said({ checked }: { checked: CheckedAddress | AddressProblem | null }) {
  if (checked === null) return null;
  if (typeof checked === 'string') return <p class="problem">{t(PROBLEM[checked])}</p>;
  const { address, checksummed, resembles, known } = checked;
  return (
    <>
      <p class="address-groups mono">
        {addressGroups(address).map((group, at) => (
          <span key={at}>{group}</span>
        ))}
      </p>
      {resembles ? <p class="banner clay">{t('addressResembles', resembles)}</p> : null}
      {checksummed ? null : <p class="note">{t('addressUnchecked')}</p>}
      <p class="note">{t(known ? 'addressKnown' : 'addressNew')}</p>
    </>
  );
}

/** Asked of the background, which knows whom this wallet dealt with; an answer to older letters is dropped. */
function useChecked(text: string): CheckedAddress | AddressProblem | null {
  const [checked, setChecked] = useState<CheckedAddress | AddressProblem | null>(null);
  useEffect(() => {
    let stopped = false;
    setChecked(null);
    if (text.trim() === '') return;
    send<'wallet.checkAddress'>({ name: 'wallet.checkAddress', text }).then(
      (answer) => stopped || setChecked(answer.checked),
      () => {},
    );
    return () => {
      stopped = true;
    };
  }, [text]);
  return checked;
}
