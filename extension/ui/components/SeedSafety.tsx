/** What keeps seed words from thieves: where they may be typed, and nowhere else. */
import { t } from '../i18n.ts';
import { Icon } from './Icon.tsx';

export function SeedSafety() {
  return (
    <p class="banner seed-safety">
      <Icon name="lock" size={18} />
      <span>{t('seedSafety', location.origin)}</span>
    </p>
  );
}
