/** The four figures that an owner looks for first. */
import type { ComponentChildren } from 'preact';
import type { Status } from '../status.ts';
import { duration, plural, speed, tokens } from './words.ts';

export function Tiles({ now }: { now: Status }) {
  const { clients, traffic, earnings, network } = now;
  const last = (values: readonly number[]) => values.at(-1) ?? 0;
  const refused = Object.values(clients.refused).reduce((sum, count) => sum + count, 0);
  const today = earnings.days.find(({ day }) => day === new Date(now.now).toISOString().slice(0, 10));
  return (
    <section class="tiles" aria-label="At a glance">
      <Tile name="Clients" value={String(clients.active)} testid="clients">
        {clients.served} in the last {duration(now.now - now.startedAt)}
        {refused > 0 ? `, ${refused} sent away` : ''}
      </Tile>
      <Tile name="Speed" value={speed(last(traffic.tx))} testid="speed">
        to clients; {speed(last(traffic.rx))} from them
        {traffic.shareKbps === null ? '' : `; full, ${speed(traffic.shareKbps * 125)} each`}
      </Tile>
      <Tile name="Earned today" value={tokens(today?.earned ?? '0', network)} testid="today">
        {tokens(earnings.claimed, network)} claimed since the start
      </Tile>
      <Tile name="To be claimed" value={tokens(earnings.unclaimed, network)} testid="unclaimed">
        in {plural(earnings.proofs, 'channel', 'channels')}
      </Tile>
    </section>
  );
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly testid: string;
  readonly children: ComponentChildren;
}

function Tile({ name, value, testid, children }: TileProps) {
  return (
    <div class="card tile">
      <h2 class="tile-name">{name}</h2>
      <p class="tile-value" data-testid={testid}>
        {value}
      </p>
      <p class="note">{children}</p>
    </div>
  );
}
