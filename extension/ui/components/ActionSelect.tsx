/** Where a site goes, as one list: the fixed choices, countries, single nodes. */
import type { Option } from '../actions.ts';
import { t } from '../i18n.ts';

interface Props {
  readonly value: string;
  readonly options: readonly Option[];
  readonly label: string;
  readonly testid: string;
  onChange(value: string): void;
}

export function ActionSelect({ value, options, label, testid, onChange }: Props) {
  const of = (group: Option['group']) => options.filter((option) => option.group === group).map(item);
  return (
    <select
      class="input"
      aria-label={label}
      data-testid={testid}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {of('plain')}
      {options.some((option) => option.group === 'country') ? (
        <optgroup label={t('countries')}>{of('country')}</optgroup>
      ) : null}
      {options.some((option) => option.group === 'node') ? <optgroup label={t('nodes')}>{of('node')}</optgroup> : null}
    </select>
  );
}

function item({ value, text }: Option) {
  return (
    <option key={value} value={value}>
      {text}
    </option>
  );
}
