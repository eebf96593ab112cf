/** What became of the node that an exit had: gone, its place being taken, or taken. */
import type { ExitView } from '../../messages.ts';
import { clock, countryName } from '../format.ts';
import { t } from '../i18n.ts';
import { TEST } from '../testids.ts';

const STANDS: readonly ExitView['phase'][] = ['up', 'gated'];

export function ExitNews({ exit }: { exit: ExitView }) {
  const { lost } = exit;
  if (!lost) return null;
  const news = STANDS.includes(exit.phase) ? 'over' : 'gone';
  return (
    <div class="row-news" data-testid={TEST.exitNews} data-state={news}>
      {news === 'over' ? over(exit, lost) : t(exit.pinned ? 'lostPinned' : 'lostLooking', place(lost))}
    </div>
  );
}

/** A node is gone and no other stands in its place yet. */
export function isGone(exit: ExitView): boolean {
  return Boolean(exit.lost) && !STANDS.includes(exit.phase);
}

type Lost = NonNullable<ExitView['lost']>;

function over({ node }: ExitView, lost: Lost): string {
  const at = clock(lost.at);
  return node?.did === lost.did ? t('lostBack', at) : t('lostReplaced', place(lost), at);
}

function place({ city, country }: Lost): string {
  return city ?? countryName(country);
}
