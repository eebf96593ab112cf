/** Why a request takes its route, in words. */
import type { Decision } from '../routing/match.ts';
import { t } from './i18n.ts';

export function reasonText(decision: Decision): string {
  switch (decision.why) {
    case 'rule':
      return t('becauseRule', decision.rule.match.text);
    case 'also':
      return t('becauseAlso', decision.rule.match.text);
    case 'site':
      return t('becauseSite', decision.rule.match.text);
    case 'local':
      return t('becauseLocal');
    case 'otherwise':
      return t('becauseOtherwise');
  }
}
