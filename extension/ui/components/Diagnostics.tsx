/** Everything that a person, or whoever helps them, needs to see at a glance; and the few settings. */
import { useEffect, useState } from 'preact/hooks';
import type { CommandResults } from '../../messages.ts';
import { errorText, t } from '../i18n.ts';
import { fire, send, view } from '../link.ts';
import { TEST } from '../testids.ts';
import { CopyButton } from './CopyButton.tsx';
import { Icon } from './Icon.tsx';

type Line = CommandResults['diagnostics']['lines'][number];
const LOCK_CHOICES = [5, 15, 60, 240, 0];

export function Diagnostics({ switches }: { switches: boolean }) {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [problem, setProblem] = useState('');
  const run = () => {
    setProblem('');
    send<'diagnostics'>({ name: 'diagnostics' })
      .then((result) => setLines(result.lines))
      .catch((error) => setProblem(errorText(error).message));
  };
  const ready = view.value?.host.status === 'ready';
  useEffect(() => {
    if (ready) run();
  }, [ready]);
  const all = [...ownLines(), ...lines];
  return (
    <div class="diagnostics">
      <section>
        <div class="toolbar">
          <button type="button" class="button primary" data-testid={TEST.diagnosticsRun} onClick={run}>
            <Icon name="pulse" size={16} />
            {t('runAgain')}
          </button>
          <CopyButton
            text={all.map(({ name, ok, text }) => `${ok ? 'ok ' : 'NO '} ${name}: ${text}`).join('\n')}
            label={t('copyReport')}
          />
        </div>
        <p class="problem" role="alert">
          {problem}
        </p>
        <ul class="list">
          {all.map(({ name, ok, text }) => (
            <li key={name} class="row" data-testid={TEST.diagnosticsRow} data-key={name} data-ok={ok}>
              <span class={`check-mark ${ok ? 'ok' : 'bad'}`}>
                <Icon name={ok ? 'check' : 'alert'} size={18} />
              </span>
              <div class="row-main">
                <div class="row-title">{name}</div>
                <div class="row-sub">{text}</div>
              </div>
            </li>
          ))}
        </ul>
      </section>
      <Settings />
      {switches ? <Switches /> : null}
    </div>
  );
}

/** What the extension itself can see. */
function ownLines(): Line[] {
  const now = view.value;
  if (!now) return [];
  const { host, applied, wallet } = now;
  const facts = host.facts;
  return [
    {
      name: t('diagHost'),
      ok: host.status === 'ready',
      text: `${host.status}${host.version ? ` · ${host.version}` : ''}`,
    },
    { name: t('diagProxy'), ok: applied === 'applied' || applied === 'off', text: t(`applied_${applied}`) },
    { name: t('diagWallet'), ok: wallet.exists && wallet.backedUp, text: walletText() },
    ...(facts
      ? [
          { name: t('diagRelays'), ok: facts.relay === 'connected', text: facts.relay },
          { name: t('diagLedger'), ok: facts.ledger === 'reachable', text: facts.ledger },
          {
            name: t('diagNetd'),
            ok: facts.netd === 'ready',
            text: [facts.netd, facts.backend].filter(Boolean).join(' · '),
          },
          {
            name: t('diagNat'),
            ok: facts.nat !== null,
            text: facts.nat ? `${facts.nat.mapping} / ${facts.nat.filtering}` : '–',
          },
        ]
      : []),
  ];
}

function walletText(): string {
  const wallet = view.value?.wallet;
  if (!wallet?.exists) return t('noWalletTitle');
  return [wallet.unlocked ? t('unlocked') : t('locked'), wallet.backedUp ? t('backedUp') : t('notBackedUp')].join(
    ' · ',
  );
}

function Settings() {
  const settings = view.value?.settings;
  if (!settings) return null;
  return (
    <section>
      <h2 class="section-title">{t('settings')}</h2>
      <label class="field narrow">
        <span>{t('autoLock')}</span>
        <select
          class="input"
          value={String(settings.autoLockMinutes)}
          onChange={(event) => fire({ name: 'settings', autoLockMinutes: Number(event.currentTarget.value) })}
        >
          {LOCK_CHOICES.map((minutes) => (
            <option key={minutes} value={String(minutes)}>
              {minutes === 0 ? t('lockNever') : t('minutes', minutes)}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={settings.closeChannels}
          onChange={(event) => fire({ name: 'settings', closeChannels: event.currentTarget.checked })}
        />
        {t('closeChannels')}
      </label>
    </section>
  );
}

function Switches() {
  const [stopped, setStopped] = useState(false);
  const [problem, setProblem] = useState('');
  const change = (stop: boolean) => {
    send<'test.stopPaying'>({ name: 'test.stopPaying', stop }).then(
      () => setStopped(stop),
      (error) => setProblem(errorText(error).message),
    );
  };
  return (
    <section class="card">
      <label class="check">
        <input
          type="checkbox"
          data-testid={TEST.stopPaying}
          checked={stopped}
          onChange={(event) => change(event.currentTarget.checked)}
        />
        {t('stopPaying')}
      </label>
      <p class="problem" role="alert">
        {problem}
      </p>
    </section>
  );
}
