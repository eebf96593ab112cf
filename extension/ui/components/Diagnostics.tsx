/** Everything that a person, or whoever helps them, needs to see at a glance. */
import { useEffect, useState } from 'preact/hooks';
import { browser } from '../../browser.ts';
import { hostLines, type Line, natMeaning, ownLines, reportOf } from '../diagnostic-lines.ts';
import { errorText, t } from '../i18n.ts';
import { send, view } from '../link.ts';
import { TEST } from '../testids.ts';
import { testWebRtc, type WebRtcFinding } from '../web-rtc-test.ts';
import { CopyButton } from './CopyButton.tsx';
import { Icon } from './Icon.tsx';
import { TestSwitches } from './TestSwitches.tsx';

export function Diagnostics({ switches }: { switches: boolean }) {
  const now = view.value;
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [webRtc, setWebRtc] = useState<WebRtcFinding | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const run = () => {
    setProblem('');
    setBusy(true);
    void send<'selfTest'>({ name: 'selfTest' }).catch(() => {});
    void testWebRtc().then(setWebRtc);
    send<'diagnostics'>({ name: 'diagnostics' })
      .then((result) => setLines(result.lines))
      .catch((error) => setProblem(errorText(error).message))
      .finally(() => setBusy(false));
  };
  const ready = now?.host.status === 'ready';
  const up = now?.protection.up;
  useEffect(() => {
    if (ready) run();
    else setLines([]);
  }, [ready, up]);
  if (!now) return null;
  const known = new Set(lines.flatMap(({ id }) => id ?? []));
  const all = [...ownLines(now, webRtc, known), ...hostLines(lines)];
  return (
    <div class="diagnostics">
      <section>
        <div class="toolbar">
          <button type="button" class="button primary" data-testid={TEST.diagnosticsRun} disabled={busy} onClick={run}>
            <Icon name="pulse" size={16} />
            {busy ? t('testing') : t('runAgain')}
          </button>
          <CopyButton text={reportOf(all, about())} label={t('copyReport')} testid={TEST.diagnosticsCopy} />
        </div>
        <p class="note">{t('reportSafe')}</p>
        <p class="problem" role="alert">
          {problem}
        </p>
        <ul class="list" aria-busy={busy}>
          {all.map(({ name, ok, text, id }) => (
            <li key={name} class="row" data-testid={TEST.diagnosticsRow} data-key={id ?? name} data-ok={ok}>
              <span class={`check-mark ${ok ? 'ok' : 'bad'}`}>
                <Icon name={ok ? 'check' : 'alert'} size={18} />
                <span class="hidden">{t(ok ? 'works' : 'worksNot')}</span>
              </span>
              <div class="row-main">
                <div class="row-title">{name}</div>
                <div class="row-sub">
                  {/* A host that is newer than our words, and the terms of RFC 4787, speak English. */}
                  <bdi>{text}</bdi>
                </div>
                {id === 'nat' ? <div class="row-sub">{natMeaning(now)}</div> : null}
              </div>
            </li>
          ))}
        </ul>
      </section>
      {switches ? <TestSwitches /> : null}
    </div>
  );
}

/** Of the machine no more than helps: versions, no names. */
function about(): string[] {
  const { version } = browser.runtime.getManifest();
  return [`Warren ${version}, ${navigator.userAgent}`, new Date().toISOString()];
}
