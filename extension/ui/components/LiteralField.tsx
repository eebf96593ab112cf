/** A field for what is no language: hosts, addresses, seed words. Nothing corrects, capitalises or remembers it. */
import { useId } from 'preact/hooks';

interface Props {
  readonly label: string;
  readonly testid: string;
  readonly value: string;
  readonly narrow?: boolean;
  readonly placeholder?: string;
  readonly maxLength?: number;
  /** More than one line. */
  readonly rows?: number;
  /** `data-index`: which one of several. */
  readonly index?: number;
  onText(text: string): void;
}

export function LiteralField({ label, testid, narrow = false, index, rows, onText, ...rest }: Props) {
  const id = useId();
  const input = {
    ...rest,
    id,
    class: 'input',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: false,
    'data-testid': testid,
    'data-index': index,
    onInput: ({ currentTarget }: { readonly currentTarget: { readonly value: string } }) => onText(currentTarget.value),
  } as const;
  return (
    <label class={narrow ? 'field narrow' : 'field'} for={id}>
      <span>{label}</span>
      {rows === undefined ? <input {...input} /> : <textarea rows={rows} {...input} />}
    </label>
  );
}
