/** Who is served now: by a random name that means nothing outside this process. The busiest come first. */
import { Flag } from '../../../shared/ui/Flag.tsx';
import type { SessionStatus, Status } from '../status.ts';
import { Card } from './Card.tsx';
import { Table } from './Table.tsx';
import { bytes, countryName, duration, speed, tokens } from './words.ts';

const COLUMNS = [
  { name: 'Client' },
  { name: 'State' },
  { name: 'Since', number: true },
  { name: 'To client', number: true },
  { name: 'From client', number: true },
  { name: 'Paid', number: true },
];
const PHASES: Readonly<Record<string, string>> = { connecting: 'connecting', up: 'connected', closing: 'closing' };

export function Sessions({ now }: { now: Status }) {
  const { sessions, clients, network } = now;
  return (
    <Card id="sessions" title="Sessions">
      <Table
        label="Sessions"
        testid="session"
        columns={COLUMNS}
        empty="No client is connected."
        rows={sessions.map((session) => ({
          key: session.id,
          cells: [
            <Who key="who" session={session} />,
            stateOf(session),
            duration(now.now - session.since),
            `${bytes(session.txBytes)} · ${speed(session.txRate)}`,
            `${bytes(session.rxBytes)} · ${speed(session.rxRate)}`,
            tokens(session.paid, network),
          ],
        }))}
      />
      {clients.active > sessions.length ? (
        <p class="note">{clients.active - sessions.length} more, less busy than these</p>
      ) : null}
    </Card>
  );
}

function Who({ session: { id, country } }: { session: SessionStatus }) {
  return (
    <span class="who" title={country ? countryName(country) : 'Country unknown'}>
      {country ? <Flag code={country} size={14} /> : <span class="no-flag" />}
      <code>{id}</code>
    </span>
  );
}

function stateOf({ phase, gate }: SessionStatus): string {
  return phase === 'up' && gate === 'closed' ? 'waiting for payment' : (PHASES[phase] ?? phase);
}
