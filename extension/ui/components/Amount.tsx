/** An amount of the token or of the coin. The exact wei stay readable in `data-value`. */
import { formatAmount } from '../../wallet/amounts.ts';
import { localAmount } from '../format.ts';
import { view } from '../link.ts';

const COIN_DECIMALS = 18;

interface Props {
  readonly wei: string | bigint | null;
  readonly coin?: boolean;
  readonly digits?: number;
  /** A price for each of these. */
  readonly per?: 'GB';
  readonly testid?: string;
}

export function Amount({ wei, coin = false, digits = 4, per, testid }: Props) {
  const network = view.value?.network;
  const decimals = coin ? COIN_DECIMALS : (network?.tokenDecimals ?? 18);
  const symbol = coin ? network?.coinSymbol : network?.tokenSymbol;
  return (
    <span class="amount" data-testid={testid} data-value={wei === null ? '' : String(wei)}>
      {wei === null ? '–' : localAmount(formatAmount(BigInt(wei), decimals, digits))}{' '}
      <span class="unit">
        <span class="symbol">{symbol ?? ''}</span>
        {per ? ` / ${per}` : ''}
      </span>
    </span>
  );
}
