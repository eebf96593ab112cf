/** Which exits the parts of the page in view really used; what strays can be taken along with one press. */
import type { SiteView } from '../../messages.ts';
import { countryName } from '../format.ts';
import { t } from '../i18n.ts';
import { fire, view } from '../link.ts';
import { TEST } from '../testids.ts';
import { Icon } from './Icon.tsx';

export function SiteParts({ site: { decision, uses } }: { site: SiteView }) {
  if (uses.length === 0) return null;
  const ways = new Map<string, number>();
  for (const { way, count } of uses) ways.set(way, (ways.get(way) ?? 0) + count);
  const stray = [...new Set(uses.filter((use) => use.stray).map(({ host }) => host))];
  const rule = decision.rule;
  return (
    <div class="site-parts" data-testid={TEST.siteParts}>
      <p class="note">
        {[...ways].map(([way, count]) => (
          <span key={way} class="way" data-testid={TEST.siteWay} data-key={way} data-value={count}>
            {wayText(way)} <b>{count}</b>
          </span>
        ))}
      </p>
      {stray.length > 0 && rule ? (
        <div class="banner amber" data-testid={TEST.siteStray} role="status">
          <Icon name="alert" size={16} />
          <span>{t('siteStray', stray.length, stray[0] ?? '')}</span>
          <button
            type="button"
            class="button small"
            data-testid={TEST.siteJoin}
            onClick={() => fire({ name: 'rule.join', ruleId: rule.id, hosts: stray })}
          >
            {t('takeAlong')}
          </button>
        </div>
      ) : null}
    </div>
  );
}

function wayText(way: string): string {
  if (way === 'direct') return t('actionDirect');
  if (way === 'blocked') return t('actionBlock');
  const country = view.value?.exits.find(({ exitId }) => exitId === way)?.node?.country;
  return country ? countryName(country) : t('anExit');
}
