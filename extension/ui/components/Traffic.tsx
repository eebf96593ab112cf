/** Speed now, the last minute as a line, and what it costs. */

import type { View } from '../../messages.ts';
import { bytes, speed, speedText } from '../format.ts';
import { t } from '../i18n.ts';
import { later } from '../later.tsx';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';

const Chart = later(async () => (await import('../../../shared/ui/Chart.tsx')).Chart);

/** A chart of this height has room for a scale. */
const WITH_SCALE_PX = 100;

/** @param height of the chart, px. */
export function Traffic({ view: { totals, rates }, height = 50 }: { view: View; height?: number }) {
  return (
    <section class="traffic" aria-label={t('traffic')}>
      <div class="speeds">
        <Speed rate={totals.downRate} label={t('down')} kind="down" testid={TEST.speedDown} />
        <Speed rate={totals.upRate} label={t('up')} kind="up" testid={TEST.speedUp} />
      </div>
      <div style={{ minHeight: `${height}px` }}>
        <Chart rates={rates} height={height} {...(height < WITH_SCALE_PX ? {} : { scale: speedText })} />
      </div>
      <dl class="meters">
        <div>
          <dt>{t('spent')}</dt>
          <dd>
            <Amount wei={totals.spent} testid={TEST.spent} />
          </dd>
        </div>
        <div>
          <dt>{t('perHour')}</dt>
          <dd>
            <Amount wei={totals.perHour} digits={3} testid={TEST.pricePerHour} />
          </dd>
        </div>
        <div>
          <dt class="hidden">{t('data')}</dt>
          <dd>
            <span data-testid={TEST.bytesDown} data-value={totals.down}>
              ↓ {bytes(totals.down)}
            </span>
            <span data-testid={TEST.bytesUp} data-value={totals.up}>
              ↑ {bytes(totals.up)}
            </span>
          </dd>
        </div>
      </dl>
    </section>
  );
}

interface SpeedProps {
  readonly rate: number;
  readonly label: string;
  readonly kind: 'down' | 'up';
  readonly testid: string;
}

function Speed({ rate, label, kind, testid }: SpeedProps) {
  const { value, unit } = speed(rate);
  return (
    <p class="speed" data-kind={kind} data-testid={testid} data-value={Math.round(rate)}>
      <span class="speed-label">{label}</span> <span class="speed-value">{value}</span> <span class="unit">{unit}</span>
    </p>
  );
}
