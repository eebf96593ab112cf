/** How long until a deposit can be taken back, by the chain's clock, second by second. */
import { useEffect, useState } from 'preact/hooks';
import { countdown } from '../../wallet/channel-state.ts';
import { decimal } from '../format.ts';
import { language, t } from '../i18n.ts';
import { TEST } from '../testids.ts';

interface Props {
  /** Unix seconds of the chain's clock. */
  readonly closeAt: number;
  /** Seconds that the chain's clock is ahead of this computer's. */
  readonly ahead: number;
}

export function TimeLeft({ closeAt, ahead }: Props) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const { days, hours, minutes, seconds } = countdown(closeAt, now + ahead * 1_000);
  const two = (value: number) => value.toLocaleString(language(), { minimumIntegerDigits: 2 });
  const clock = `${two(hours)}:${two(minutes)}:${two(seconds)}`;
  const left = days > 0 ? t('daysAnd', decimal(days), clock) : clock;
  return (
    <span class="time-left" role="timer" data-testid={TEST.timeLeft} data-value={closeAt}>
      {t('freeIn', left)}
    </span>
  );
}
