/** Your own sessions at a node: sums over all time, and those since the browser started one by one. */
import type { SessionView } from '../../messages.ts';
import type { Use } from '../../nodes/book.ts';
import { sessions } from '../book.ts';
import { bytes, clock, dayDate, duration } from '../format.ts';
import { t } from '../i18n.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';

const SHOWN = 8;

export function NodeSessions({ did, use }: { did: string; use: Use | null }) {
  const own = sessions.value.filter((session) => session.did === did);
  return (
    <section
      class="card"
      aria-label={t('yourSessions')}
      data-testid={TEST.nodeSessions}
      data-value={use?.sessions ?? 0}
    >
      <h3 class="card-title">{t('yourSessions')}</h3>
      {use === null ? null : (
        <p>
          {t('sessionsSum', use.sessions, bytes(use.bytes), dayDate(use.last))} · <Amount wei={use.spent} />
        </p>
      )}
      {use === null && own.length === 0 ? <p class="note">{t('sessionsNone')}</p> : null}
      {own.length === 0 ? null : (
        <ul class="prices" aria-label={t('sessionsNow')}>
          {own.slice(0, SHOWN).map((session) => (
            <Line key={session.startedAt} session={session} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Line({ session: { startedAt, endedAt, down, up, spent } }: { session: SessionView }) {
  return (
    <li>
      <span class="unit">
        {clock(startedAt)} · {endedAt === null ? t('sessionNow') : duration(endedAt - startedAt)}
      </span>
      <span>
        <bdi>↓ {bytes(down)}</bdi> <bdi>↑ {bytes(up)}</bdi> · <Amount wei={spent} />
      </span>
    </li>
  );
}
