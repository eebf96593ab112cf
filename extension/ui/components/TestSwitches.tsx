/** Switches for tests, on `#/diagnostics?switches`; the host obeys only when started with --test-switches. */
import { useState } from 'preact/hooks';
import { errorText, t } from '../i18n.ts';
import { send } from '../link.ts';
import { TEST } from '../testids.ts';

export function TestSwitches() {
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
