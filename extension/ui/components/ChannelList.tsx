/** Deposits with each node, and the two things one can do with them. */
import type { ChannelView } from '../../messages.ts';
import { countryName, shortAddress } from '../format.ts';
import { t } from '../i18n.ts';
import { fire } from '../link.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';
import { Flag } from './Flag.tsx';

export function ChannelList({ channels, unlocked }: { channels: readonly ChannelView[]; unlocked: boolean }) {
  const open = channels.filter((channel) => channel.exists && BigInt(channel.deposit) > BigInt(channel.spent));
  if (open.length === 0) return null;
  return (
    <section>
      <h2 class="section-title">{t('deposits')}</h2>
      <ul class="list">
        {open.map((channel) => (
          <Row key={channel.payee} channel={channel} unlocked={unlocked} />
        ))}
      </ul>
    </section>
  );
}

function Row({ channel, unlocked }: { channel: ChannelView; unlocked: boolean }) {
  const { payee, country, label, deposit, spent, closeAt } = channel;
  const left = BigInt(deposit) - BigInt(spent);
  const used = Number((BigInt(spent) * 1000n) / BigInt(deposit)) / 10;
  const request = (action: 'topUp' | 'requestClose' | 'withdraw') => fire({ name: 'channel.request', payee, action });
  const closing = closeAt !== 0;
  const due = closing && Date.now() / 1000 >= closeAt;
  return (
    <li class="row channel" data-testid={TEST.channelRow} data-key={payee}>
      {country ? <Flag code={country} size={22} /> : null}
      <div class="row-main">
        <div class="row-title">
          {country ? countryName(country) : shortAddress(payee)}
          {label ? <span class="row-aside">{label}</span> : null}
        </div>
        <div class="row-sub">
          <Amount wei={left} /> {t('left')}
          {closing && !due ? ` · ${t('freeAt', new Date(closeAt * 1000).toLocaleString())}` : ''}
        </div>
        <div class="gauge" role="img" aria-label={t('usedPercent', used)}>
          <span style={{ width: `${100 - used}%` }} />
        </div>
      </div>
      <div class="row-buttons">
        <button
          type="button"
          class="button small"
          data-testid={TEST.channelTopUp}
          disabled={!unlocked}
          onClick={() => request('topUp')}
        >
          {t('topUp')}
        </button>
        <button
          type="button"
          class="button small"
          data-testid={TEST.channelClose}
          disabled={!unlocked || (closing && !due)}
          onClick={() => request(due ? 'withdraw' : 'requestClose')}
        >
          {due ? t('withdraw') : t('close')}
        </button>
      </div>
    </li>
  );
}
