/** The third screen: an exit, what shall use it, Connect; and then the first page that leaves through it. */
import { useEffect, useState } from 'preact/hooks';
import { browser } from '../../browser.ts';
import type { View } from '../../messages.ts';
import { actionFrom, actionOptions, actionValue } from '../actions.ts';
import { t } from '../i18n.ts';
import { fire, view } from '../link.ts';
import { loadNodes, nodes } from '../nodes.ts';
import { TEST } from '../testids.ts';
import { type TypedHost, useTypedHost } from '../typed-host.ts';
import { stateWord } from './Burrow.tsx';
import { ErrorScreen, troubleOf } from './ErrorScreen.tsx';
import { LiteralField } from './LiteralField.tsx';
import { Receive } from './Receive.tsx';
import { StepTitle } from './StepTitle.tsx';
import { Unlock } from './Unlock.tsx';

export function FirstPage({ onWallet }: { onWallet: () => void }) {
  const now = view.value;
  const site = useTypedHost();
  const [only, setOnly] = useState(false);
  const ready = now?.host.status === 'ready';
  useEffect(() => {
    if (ready) void loadNodes();
  }, [ready]);
  if (!now) return null;
  const { protection, wallet } = now;
  const { host } = site;
  const trouble = troubleOf(now);
  const connect = () => {
    if (only && host !== null) routeOnly(host.replace(/^www\./, ''));
    fire({ name: 'protect', on: true });
  };
  return (
    <section class="setup-form" data-testid={TEST.firstPage} data-state={protection.state}>
      <StepTitle>{t('firstPageTitle')}</StepTitle>
      {trouble ? <ErrorScreen trouble={trouble} /> : null}
      {protection.state === 'off' ? (
        <Choices view={now} site={site} only={only} onOnly={setOnly} />
      ) : (
        <State view={now} />
      )}
      {wallet.exists && !wallet.unlocked ? <Unlock why={t('unlockToConnect')} /> : null}
      {wallet.token === '0' && wallet.channels.length === 0 ? (
        <>
          <p class="banner amber">{t('noFunds', now.network?.tokenSymbol ?? '')}</p>
          <Receive address={wallet.address ?? ''} />
        </>
      ) : null}
      <div class="setup-buttons">
        {wallet.exists ? null : (
          <button type="button" class="button primary large" onClick={onWallet}>
            {t('setUp')}
          </button>
        )}
        {wallet.exists && protection.state === 'off' && !trouble ? (
          <button
            type="button"
            class="button primary large"
            data-testid={TEST.firstConnect}
            disabled={!wallet.unlocked || (only && host === null)}
            onClick={connect}
          >
            {t('connect')}
          </button>
        ) : null}
        {protection.state === 'protected' ? <OpenFirst site={host} /> : null}
      </div>
    </section>
  );
}

interface ChoicesProps {
  readonly view: View;
  readonly site: TypedHost;
  readonly only: boolean;
  onOnly(only: boolean): void;
}

function Choices({ view: now, site, only, onOnly }: ChoicesProps) {
  const options = actionOptions([...now.routes.named], nodes.value).filter(({ group }) => group === 'country');
  const { defaultExit } = now.routes;
  const chosen = defaultExit.kind === 'any' ? 'any' : `country:${defaultExit.country}`;
  return (
    <>
      <p class="lead">{t('firstPageText')}</p>
      <label class="field">
        <span>{t('yourExit')}</span>
        <select
          class="input"
          data-testid={TEST.firstExit}
          value={chosen}
          onChange={({ currentTarget: { value } }) => {
            const action = value === 'any' ? null : actionFrom(value, options);
            fire({ name: 'default', exit: action?.kind === 'country' ? action : { kind: 'any' } });
          }}
        >
          <option value="any">{t('anyNode')}</option>
          {options.map(({ action, text }) => (
            <option key={text} value={actionValue(action)}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <LiteralField label={t('firstSite')} testid={TEST.firstSite} placeholder="example.org" {...site.field} />
      <label class="check">
        <input
          type="checkbox"
          data-testid={TEST.firstOnly}
          checked={only}
          onChange={(event) => onOnly(event.currentTarget.checked)}
        />
        {t('firstOnly')}
      </label>
    </>
  );
}

function State({ view: { protection, approvals } }: { view: View }) {
  const asks = protection.state === 'connecting' && approvals.length > 0;
  return (
    <div class="card first-state" aria-live="polite">
      <strong data-testid={TEST.stateText} data-state={protection.state}>
        {stateWord(protection.state)}
      </strong>
      <p>{t(asks ? 'detailApproval' : protection.state === 'protected' ? 'firstReady' : 'firstWait')}</p>
    </div>
  );
}

function OpenFirst({ site }: { site: string | null }) {
  const host = site ?? 'example.org';
  return (
    <button
      type="button"
      class="button primary large"
      data-testid={TEST.firstOpen}
      onClick={() => void browser.tabs.create({ url: `https://${host}/` })}
    >
      {t('firstOpen', host)}
    </button>
  );
}

/** This site through the default exit, everything else as before Warren. */
function routeOnly(host: string): void {
  const match = { kind: 'domain' as const, text: host };
  fire({ name: 'rule.upsert', rule: { id: crypto.randomUUID(), enabled: true, match, action: { kind: 'default' } } });
  fire({ name: 'table.change', part: { otherwise: { kind: 'direct' } } });
}
