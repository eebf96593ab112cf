/** Copies a text and says so, to the eye and to a screen reader. */
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import { Icon } from './Icon.tsx';

interface Props {
  readonly text: string;
  readonly label: string;
  readonly testid?: string;
  /** Id of the element that names what is copied, where the label alone does not. */
  readonly of?: string;
}

export function CopyButton({ text, label, testid, of }: Props) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 2000);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setDone(true),
      () => {},
    );
  };
  return (
    <button type="button" class="button quiet small" data-testid={testid} aria-describedby={of} onClick={copy}>
      <Icon name={done ? 'check' : 'copy'} size={16} />
      <span aria-live="polite">{done ? t('copied') : label}</span>
    </button>
  );
}
