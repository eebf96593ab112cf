/** The last two minutes, as a line and in words. */
import { Chart } from '../../../shared/ui/Chart.tsx';
import type { Status } from '../status.ts';
import { Card } from './Card.tsx';
import { bytes, speed } from './words.ts';

const SECONDS = 120;

export function Traffic({ now: { traffic, now } }: { now: Status }) {
  const { rx, tx } = traffic;
  const rates = tx.map((down, i) => ({ at: now - (tx.length - 1 - i) * 1000, down, up: rx[i] ?? 0 }));
  const top = Math.max(0, ...tx, ...rx);
  return (
    <Card id="traffic" title="Traffic, last two minutes">
      <Chart rates={rates} height={130} seconds={SECONDS} />
      <p class="legend note">
        <span data-kind="down">To clients, {bytes(traffic.txBytes)} in all</span>
        <span data-kind="up">From clients, {bytes(traffic.rxBytes)}</span>
        <span>
          Highest {speed(top)} of {traffic.capacityMbps} Mbit/s
        </span>
      </p>
    </Card>
  );
}
