/** Where the clients of the moment are, by the shipped tables; it knows no more of them. */
import { Flag } from '../../../shared/ui/Flag.tsx';
import type { Status } from '../status.ts';
import { Card } from './Card.tsx';
import { countryName, plural } from './words.ts';

const SHOWN = 8;

export function Countries({ now: { clients } }: { now: Status }) {
  const rows = Object.entries(clients.countries).sort(([, a], [, b]) => b - a);
  const known = rows.reduce((sum, [, count]) => sum + count, 0);
  const others = rows.slice(SHOWN).reduce((sum, [, count]) => sum + count, 0);
  return (
    <Card id="countries" title="Clients by country" kind="countries">
      {clients.active === 0 ? <p class="note">Nobody is here now.</p> : null}
      <ul class="places">
        {rows.slice(0, SHOWN).map(([code, count]) => (
          <li key={code} data-testid="country" data-key={code} data-value={count}>
            <Flag code={code} size={16} />
            <span class="place">{countryName(code)}</span>
            <span class="track" aria-hidden="true">
              <span class="fill" style={{ width: `${(100 * count) / Math.max(1, clients.active)}%` }} />
            </span>
            <span class="figure">{count}</span>
          </li>
        ))}
      </ul>
      {others > 0 ? <p class="note">{others} in other countries</p> : null}
      {clients.active > known ? (
        <p class="note">{plural(clients.active - known, 'client', 'clients')} behind a relay or not in the tables</p>
      ) : null}
    </Card>
  );
}
