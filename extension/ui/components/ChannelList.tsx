/** Deposits with each node: how much is used, where each stands, and what can be done with it. */

import { Flag } from '../../../shared/ui/Flag.tsx';
import type { ChannelRequest, ChannelView, WalletView } from '../../messages.ts';
import { countryName, shortAddress } from '../format.ts';
import { type Key, t } from '../i18n.ts';
import { fire, view } from '../link.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';
import { TimeLeft } from './TimeLeft.tsx';

const STANDING: Record<Exclude<ChannelView['state'], 'settled' | 'closing'>, Key> = {
  unread: 'channelUnread',
  opening: 'channelOpening',
  open: 'channelOpen',
  due: 'channelDue',
};

export function ChannelList({ wallet }: { wallet: WalletView }) {
  const open = wallet.channels.filter(({ state }) => state !== 'settled' && state !== 'unread');
  if (open.length === 0) return null;
  return (
    <section>
      <h2 class="section-title">{t('deposits')}</h2>
      <ul class="list">
        {open.map((channel) => (
          <Row key={`${channel.payee}:${channel.signer}`} channel={channel} wallet={wallet} />
        ))}
      </ul>
    </section>
  );
}

function Row({ channel, wallet }: { channel: ChannelView; wallet: WalletView }) {
  const { payee, country, label, deposit, spent, state } = channel;
  const used = BigInt(deposit) === 0n ? 0 : Number((BigInt(spent) * 1000n) / BigInt(deposit)) / 10;
  return (
    <li class="row channel" data-testid={TEST.channelRow} data-key={payee} data-state={state}>
      {country ? <Flag code={country} size={22} /> : null}
      <div class="row-main">
        <div class="row-title">
          {country ? countryName(country) : shortAddress(payee)}
          {label ? <span class="row-aside">{label}</span> : null}
        </div>
        <div class="row-sub">
          <span>
            <Amount wei={BigInt(deposit) - BigInt(spent)} testid={TEST.channelLeft} /> {t('left')} ·{' '}
            <Amount wei={spent} testid={TEST.channelSpent} /> {t('spentOf')} <Amount wei={deposit} />
          </span>
        </div>
        <div class="gauge" role="img" aria-label={t('usedPercent', used)}>
          <span style={{ width: `${100 - used}%` }} />
        </div>
        <div class="row-sub">
          <Standing channel={channel} ahead={wallet.chainAhead} />
        </div>
      </div>
      <Buttons channel={channel} unlocked={wallet.unlocked} />
    </li>
  );
}

function Standing({ channel, ahead }: { channel: ChannelView; ahead: number }) {
  const { state, connected, closeAt } = channel;
  if (state === 'closing') return <TimeLeft closeAt={closeAt} ahead={ahead} />;
  if (state === 'settled') return null;
  if (state !== 'open' || !connected) return <>{t(STANDING[state])}</>;
  return <>{t(view.value?.settings.closeChannels ? 'channelInUseCloses' : 'channelInUse')}</>;
}

function Buttons({ channel, unlocked }: { channel: ChannelView; unlocked: boolean }) {
  const { payee, signer, state, connected } = channel;
  const request = (action: ChannelRequest) => fire({ name: 'channel.request', payee, signer, action });
  const due = state === 'due';
  return (
    <div class="row-buttons">
      <button
        type="button"
        class="button small"
        data-testid={TEST.channelTopUp}
        disabled={!unlocked || state === 'opening'}
        onClick={() => request('topUp')}
      >
        {t(state === 'closing' || due ? 'topUpInstead' : 'topUp')}
      </button>
      <button
        type="button"
        class={`button small ${due ? 'primary' : ''}`}
        data-testid={TEST.channelClose}
        disabled={!unlocked || connected || state === 'closing' || state === 'opening'}
        onClick={() => request(due ? 'withdraw' : 'requestClose')}
      >
        {due ? t('withdraw') : t('close')}
      </button>
    </div>
  );
}
