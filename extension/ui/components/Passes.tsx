/** The sites that go directly for a short time: never out of sight while they do, and ended with one press. */
import { t } from '../i18n.ts';
import { fire, view } from '../link.ts';
import { useNow } from '../now.ts';
import { TEST } from '../testids.ts';
import { Icon } from './Icon.tsx';

export function Passes() {
  const now = useNow(1_000);
  const live = (view.value?.passes ?? []).filter(({ until }) => until > now);
  if (live.length === 0) return null;
  return (
    <section class="passes" aria-label={t('passes')}>
      <ul>
        {live.map(({ host, until }) => (
          <li key={host} class="banner amber" data-testid={TEST.pass} data-key={host}>
            <Icon name="alert" size={18} />
            <span>{t('passLeft', host, Math.ceil((until - now) / 60_000))}</span>
            <button
              type="button"
              class="button small"
              data-testid={TEST.passEnd}
              onClick={() => fire({ name: 'pass.end', host })}
            >
              {t('passEnd')}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
