/** The prices that a node was seen with, as steps and as words. */
import type { Known } from '../../nodes/book.ts';
import { dayDate } from '../format.ts';
import { t } from '../i18n.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';

const WIDTH = 280;
const HEIGHT = 44;
/** The newest are written out. */
const WRITTEN = 5;

export function NodePrices({ prices }: { prices: Known['prices'] }) {
  const [first] = prices;
  if (!first || prices.length === 1) {
    return <p class="note">{first ? t('priceSteady', dayDate(first.day)) : t('priceNoHistory')}</p>;
  }
  return (
    <>
      <svg
        class="steps-line"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        focusable="false"
      >
        <path d={steps(prices)} />
      </svg>
      <ol class="prices" data-testid={TEST.nodePrices} aria-label={t('priceSeen')}>
        {prices
          .slice(-WRITTEN)
          .toReversed()
          .map(({ day, wei }) => (
            <li key={day}>
              <span class="unit">{dayDate(day)}</span>
              <span>
                <Amount wei={BigInt(wei) * 1000n} digits={4} per="GB" />
              </span>
            </li>
          ))}
      </ol>
    </>
  );
}

/** Each price holds until the next: steps from the first day to today. */
function steps(prices: Known['prices']): string {
  const values = prices.map(({ wei }) => Number(wei));
  const least = Math.min(...values);
  const range = Math.max(...values) - least || 1;
  const from = prices[0]?.day ?? 0;
  const days = Math.max(1, Math.floor(Date.now() / 86_400_000) - from);
  const x = (day: number) => ((day - from) / days) * WIDTH;
  const y = (value: number) => HEIGHT - 4 - ((value - least) / range) * (HEIGHT - 8);
  const parts = prices.map(({ day }, i) => {
    const height = y(values[i] ?? least);
    return i === 0 ? `M0 ${height}` : `H${x(day)}V${height}`;
  });
  return `${parts.join('')}H${WIDTH}`;
}
