/** The connect switch: the mouth of a burrow. Dark when off, lit from within when the way through is open. */
import type { ProtectionState } from '../../routing/protection.ts';
import { t } from '../i18n.ts';
import { TEST } from '../testids.ts';

const ARCHES = [0, 1, 2, 3, 4];
const WORD = {
  off: 'stateOff',
  connecting: 'stateConnecting',
  protected: 'stateProtected',
  blocked: 'stateBlocked',
} as const;

export function stateWord(state: ProtectionState): string {
  return t(WORD[state]);
}

interface Props {
  readonly state: ProtectionState;
  readonly on: boolean;
  readonly disabled?: boolean;
  onToggle(): void;
}

export function Burrow({ state, on, disabled = false, onToggle }: Props) {
  return (
    <button
      type="button"
      role="switch"
      class="burrow"
      data-state={state}
      data-testid={TEST.connectSwitch}
      aria-checked={on}
      aria-label={`${t('switchLabel')}: ${on ? t('disconnect') : t('connect')}`}
      disabled={disabled}
      onClick={onToggle}
    >
      <svg viewBox="0 0 240 128" aria-hidden="true" focusable="false">
        <path class="burrow-ground" d="M0 127.500h240" />
        {ARCHES.map((i) => (
          <path key={i} class={`arch arch-${i}`} d={arch(110 - i * 22)} />
        ))}
        {state === 'blocked' && <path class="burrow-stone" d="M78 127a42 42 0 0 1 84 0z" />}
      </svg>
      <span class="burrow-label">{on ? t('disconnect') : t('connect')}</span>
    </button>
  );
}

function arch(radius: number): string {
  return `M${120 - radius} 127v-10a${radius} ${radius} 0 0 1 ${2 * radius} 0v10z`;
}
