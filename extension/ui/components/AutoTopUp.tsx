/** Paying without a question, within limits that only the user sets. */
import { useState } from 'preact/hooks';
import type { AutoTopUpView, NetworkView, WalletView } from '../../messages.ts';
import { exactAmount, formatAmount, parseAmount } from '../../wallet/amounts.ts';
import { localAmount } from '../format.ts';
import { errorText, type Key, t } from '../i18n.ts';
import { send } from '../link.ts';
import { TEST } from '../testids.ts';

const COIN_DECIMALS = 18;
/** Prices are shown a gigabyte, kept a megabyte. */
const PER_GIGABYTE = 1_000n;

type Field = 'perDay' | 'perMonth' | 'perChannel' | 'maxFee' | 'priceCap';
const FIELDS: readonly { name: Field; label: Key; note: Key }[] = [
  { name: 'perDay', label: 'autoPerDay', note: 'autoPerDayNote' },
  { name: 'perMonth', label: 'autoPerMonth', note: 'autoPerMonthNote' },
  { name: 'perChannel', label: 'autoPerChannel', note: 'autoPerChannelNote' },
  { name: 'maxFee', label: 'autoMaxFee', note: 'autoMaxFeeNote' },
  { name: 'priceCap', label: 'autoPriceCap', note: 'autoPriceCapNote' },
];

export function AutoTopUp({ wallet, network }: { wallet: WalletView; network: NetworkView }) {
  const { autoTopUp: kept } = wallet;
  return (
    <details class="card fold">
      <summary data-testid={TEST.auto} data-state={kept.on ? 'on' : 'off'}>
        {t('autoTitle')}
        <span class="row-aside">{kept.on ? t('on') : t('off')}</span>
      </summary>
      <p class="note">{t('autoText')}</p>
      {kept.on ? <Used wallet={wallet} network={network} /> : null}
      <Form key={JSON.stringify(kept)} kept={kept} network={network} />
    </details>
  );
}

function Used({ wallet, network }: { wallet: WalletView; network: NetworkView }) {
  const words = (wei: string) => localAmount(formatAmount(BigInt(wei), network.tokenDecimals, 4));
  const { autoToday, autoMonth, autoTopUp } = wallet;
  return (
    <p class="note" data-testid={TEST.autoUsed}>
      {t('autoUsed', words(autoToday), words(autoTopUp.perDay), words(autoMonth), words(autoTopUp.perMonth))}
    </p>
  );
}

function Form({ kept, network }: { kept: AutoTopUpView; network: NetworkView }) {
  const [on, setOn] = useState(kept.on);
  const [texts, setTexts] = useState(() => textsOf(kept, network));
  const [said, setSaid] = useState('');
  const read = (name: Field) => parsed(texts[name], name, network);
  const wrong = (name: Field) => read(name) === 'wrong';
  const submit = (event: Event) => {
    event.preventDefault();
    if (FIELDS.some(({ name }) => wrong(name))) return;
    const limits: AutoTopUpView = {
      on,
      perDay: String(read('perDay')),
      perMonth: String(read('perMonth')),
      perChannel: String(read('perChannel')),
      maxFee: String(read('maxFee')),
      priceCap: read('priceCap') === null ? null : String(read('priceCap')),
    };
    send<'wallet.limits'>({ name: 'wallet.limits', limits }).then(
      () => setSaid(t('saved')),
      (error) => setSaid(errorText(error).message),
    );
  };
  return (
    <form class="form" onSubmit={submit}>
      <label class="check">
        <input
          type="checkbox"
          data-testid={TEST.autoOn}
          checked={on}
          onChange={(event) => setOn(event.currentTarget.checked)}
        />
        {t('autoOn')}
      </label>
      <div class="limits">
        {FIELDS.map(({ name, label, note }) => (
          <label key={name} class="field">
            <span>
              {t(label)} ({name === 'maxFee' ? network.coinSymbol : network.tokenSymbol})
            </span>
            <input
              class="input"
              inputmode="decimal"
              data-testid={TEST.autoLimit}
              data-key={name}
              value={texts[name]}
              aria-invalid={wrong(name)}
              onInput={(event) => setTexts({ ...texts, [name]: event.currentTarget.value })}
            />
            <span class="note">{wrong(name) ? t('amountInvalid') : t(note)}</span>
          </label>
        ))}
      </div>
      <button
        type="submit"
        class="button primary"
        data-testid={TEST.autoSave}
        disabled={FIELDS.some(({ name }) => wrong(name))}
      >
        {t('save')}
      </button>
      <p class="note" role="status">
        {said}
      </p>
    </form>
  );
}

function textsOf(kept: AutoTopUpView, { tokenDecimals }: NetworkView): Record<Field, string> {
  const token = (wei: string) => exactAmount(BigInt(wei), tokenDecimals);
  return {
    perDay: token(kept.perDay),
    perMonth: token(kept.perMonth),
    perChannel: token(kept.perChannel),
    maxFee: exactAmount(BigInt(kept.maxFee), COIN_DECIMALS),
    priceCap: kept.priceCap === null ? '' : exactAmount(BigInt(kept.priceCap) * PER_GIGABYTE, tokenDecimals),
  };
}

/** Null: no cap. Only the price may be left empty. */
function parsed(text: string, name: Field, network: NetworkView): bigint | null | 'wrong' {
  if (name === 'priceCap' && text.trim() === '') return null;
  const wei = parseAmount(text, name === 'maxFee' ? COIN_DECIMALS : network.tokenDecimals);
  if (wei === null) return 'wrong';
  return name === 'priceCap' ? wei / PER_GIGABYTE : wei;
}
