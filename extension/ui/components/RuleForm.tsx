/** Adds or changes one rule; says what is wrong with a pattern while it can still be mended. */
import { useState } from 'preact/hooks';
import { type Group, MATCH_KINDS, type MatchKind, parseMatch, type Rule } from '../../routing/rules.ts';
import { actionFrom, actionValue, type Option } from '../actions.ts';
import { useBorrowedFocus } from '../focus.ts';
import { t } from '../i18n.ts';
import { view } from '../link.ts';
import { MATCH_HINTS, MATCH_WORDS } from '../rule-words.ts';
import { TEST } from '../testids.ts';
import { ActionSelect } from './ActionSelect.tsx';
import { detailsOf, RuleMore, withDetails } from './RuleMore.tsx';

const PROBLEM = {
  empty: 'problemEmpty',
  host_invalid: 'problemHost',
  wildcard_invalid: 'problemWildcard',
  regex_invalid: 'problemRegex',
  regex_slow: 'problemRegexSlow',
  too_long: 'problemLong',
} as const;

interface Props {
  readonly rule: Rule | null;
  readonly groups: readonly Group[];
  readonly options: readonly Option[];
  /** `groups` holds a new one, where the rule was put into a group that was not there. */
  onSave(rule: Rule, groups: readonly Group[]): void;
  onDone(): void;
}

export function RuleForm({ rule, groups, options, onSave, onDone }: Props) {
  const first = useBorrowedFocus<HTMLSelectElement>();
  const [kind, setKind] = useState<MatchKind>(rule?.match.kind ?? 'domain');
  const [text, setText] = useState(rule?.match.text ?? '');
  const [action, setAction] = useState(rule ? actionValue(rule.action) : 'default');
  const [details, setDetails] = useState(() => detailsOf(rule, groups));
  const [problem, setProblem] = useState('');
  const kinds = MATCH_KINDS.filter((value) => value !== 'url' || view.value?.platform === 'firefox');
  const submit = (event: Event) => {
    event.preventDefault();
    const match = parseMatch(kind, text);
    if (typeof match === 'string') {
      setProblem(t(PROBLEM[match]));
      return;
    }
    const plain: Rule = {
      id: rule?.id ?? crypto.randomUUID(),
      enabled: rule?.enabled ?? true,
      match,
      action: actionFrom(action, options),
    };
    const done = withDetails(plain, details, groups, Date.now());
    if (done === null) {
      setProblem(t('problemHost'));
      return;
    }
    onSave(done.rule, done.groups);
    onDone();
  };
  return (
    <form class="card rule-form" onSubmit={submit}>
      <label class="field">
        <span>{t('matches')}</span>
        <select
          ref={first}
          class="input"
          data-testid={TEST.ruleMatchKind}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value as MatchKind)}
        >
          {kinds.map((value) => (
            <option key={value} value={value}>
              {t(MATCH_WORDS[value])}
            </option>
          ))}
        </select>
      </label>
      <label class="field grow">
        <span>{t('pattern')}</span>
        <input
          class="input"
          data-testid={TEST.ruleMatchText}
          autocapitalize="none"
          spellcheck={false}
          value={text}
          aria-invalid={problem !== ''}
          aria-describedby="rule-hint"
          onInput={(event) => {
            setText(event.currentTarget.value);
            setProblem('');
          }}
        />
      </label>
      <div class="field">
        <span>{t('route')}</span>
        <ActionSelect
          value={action}
          options={options}
          label={t('route')}
          testid={TEST.ruleAction}
          onChange={setAction}
        />
      </div>
      <p
        id="rule-hint"
        class={problem ? 'problem' : 'note'}
        role={problem ? 'alert' : undefined}
        data-testid={TEST.ruleError}
      >
        {problem || t(MATCH_HINTS[kind])}
      </p>
      <RuleMore details={details} groups={groups} open={rule !== null} onChange={setDetails} />
      <div class="form-buttons">
        <button type="submit" class="button primary" data-testid={TEST.ruleSave}>
          {t('save')}
        </button>
        <button type="button" class="button" onClick={onDone}>
          {t('cancel')}
        </button>
      </div>
    </form>
  );
}
