/** What goes on now: the last minute, then each exit in words, with a fold for experts. */
import type { View } from '../../messages.ts';
import { t } from '../i18n.ts';
import { LiveExit } from './LiveExit.tsx';
import { Traffic } from './Traffic.tsx';

export function Live({ view }: { view: View }) {
  if (view.exits.length === 0) return <p class="note">{t('liveNothing')}</p>;
  return (
    <div class="live">
      <Traffic view={view} height={160} />
      {view.exits.map((exit) => (
        <LiveExit key={exit.exitId} exit={exit} facts={view.host.facts} />
      ))}
    </div>
  );
}
