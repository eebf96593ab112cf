/** Earnings of the last two weeks: a bar a day, days with nothing too. */
import type { DayStatus, Status } from '../status.ts';
import { Card } from './Card.tsx';
import { bytes, dayName, plural, tokens } from './words.ts';

const SHOWN = 14;
const DAY_MS = 86_400_000;

export function Days({ now: { earnings, network, now } }: { now: Status }) {
  const days = lastDays(earnings.days, now);
  const most = days.reduce((most, { earned }) => (BigInt(earned) > most ? BigInt(earned) : most), 1n);
  const sum = (name: 'earned' | 'claimed') => days.reduce((total, day) => total + BigInt(day[name]), 0n);
  return (
    <Card id="days" title="Earned per day">
      <ol class="bars">
        {days.map((day) => {
          const text = `${dayName(day.day)}: ${tokens(day.earned, network)} earned, ${tokens(day.claimed, network)} claimed, ${bytes(day.rxBytes + day.txBytes)}, ${plural(day.clients, 'client', 'clients')}`;
          return (
            <li key={day.day} title={text} data-testid="day" data-value={day.earned}>
              <span class="hidden">{text}</span>
              <span class="bar" style={{ height: `${Number((BigInt(day.earned) * 1000n) / most) / 10}%` }} />
            </li>
          );
        })}
      </ol>
      <p class="ends note" aria-hidden="true">
        <span>{dayName(days[0]?.day ?? '')}</span>
        <span>{dayName(days.at(-1)?.day ?? '')}</span>
      </p>
      <p class="note">
        Two weeks: {tokens(sum('earned'), network)} earned, {tokens(sum('claimed'), network)} claimed. Days are UTC.
      </p>
    </Card>
  );
}

function lastDays(known: readonly DayStatus[], now: number): readonly DayStatus[] {
  return Array.from({ length: SHOWN }, (_, i) => {
    const day = new Date(now - (SHOWN - 1 - i) * DAY_MS).toISOString().slice(0, 10);
    const nothing = { day, earned: '0', claimed: '0', rxBytes: 0, txBytes: 0, clients: 0 };
    return known.find((one) => one.day === day) ?? nothing;
  });
}
