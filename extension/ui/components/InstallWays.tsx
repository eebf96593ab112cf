/** Every way to install the program, or to install it anew, with its command to copy. */
import { useId } from 'preact/hooks';
import { browser } from '../../browser.ts';
import { t } from '../i18n.ts';
import { type InstallWay, installWays } from '../install-command.ts';
import { TEST } from '../testids.ts';
import { CopyButton } from './CopyButton.tsx';

export function InstallWays() {
  return (
    <ul class="ways">
      {installWays(browser.runtime.id).map((way) => (
        <Way key={way.name} {...way} />
      ))}
    </ul>
  );
}

function Way({ name, command }: InstallWay) {
  const id = useId();
  return (
    <li class="command">
      <div class="command-head">
        <strong id={id}>{t(`install_${name}`)}</strong>
        <CopyButton text={command} label={t('copy')} testid={TEST.errorCopy} of={id} />
      </div>
      <p class="note">{t(`installNote_${name}`)}</p>
      <code data-testid={TEST.errorCommand} data-key={name}>
        {command}
      </code>
    </li>
  );
}
