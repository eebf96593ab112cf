/** The ledger as a table for accountants: exact decimals, the same in wei, times in UTC. Pure. */
import { getAddress } from 'viem';
import type { HistoryEntry, NetworkView } from '../messages.ts';
import { exactAmount } from './amounts.ts';
import { toCsv } from './csv.ts';

const HEADER = [
  'time_utc',
  'kind',
  'direction',
  'amount',
  'unit',
  'amount_wei',
  'fee',
  'fee_unit',
  'fee_wei',
  'country',
  'node_or_counterparty',
  'status',
  'automatic',
  'block',
  'transaction',
  'chain_id',
  'token_contract',
];
const COIN_DECIMALS = 18;

/** in and out as the wallet sees it; `paid` leaves a deposit, not the wallet. */
export const DIRECTION: Record<HistoryEntry['kind'], 'in' | 'out' | 'paid' | 'none'> = {
  open: 'out',
  topUp: 'out',
  claim: 'paid',
  requestClose: 'none',
  withdraw: 'in',
  refund: 'in',
  received: 'in',
  sent: 'out',
  send: 'out',
  sendCoin: 'out',
  approve: 'none',
};

export function ledgerCsv(entries: readonly HistoryEntry[], network: NetworkView): string {
  return toCsv(
    HEADER,
    entries.map((entry) => row(entry, network)),
  );
}

function row(entry: HistoryEntry, network: NetworkView): string[] {
  const { kind, at, amount, fee, country, payee, counterparty, status, auto, block, hash } = entry;
  const coin = kind === 'sendCoin';
  const other = counterparty ?? payee;
  return [
    new Date(at).toISOString(),
    kind,
    DIRECTION[kind],
    exactAmount(BigInt(amount), coin ? COIN_DECIMALS : network.tokenDecimals),
    coin ? network.coinSymbol : network.tokenSymbol,
    amount,
    fee === null ? '' : exactAmount(BigInt(fee), COIN_DECIMALS),
    fee === null ? '' : network.coinSymbol,
    fee ?? '',
    country ?? '',
    other === null ? '' : getAddress(other),
    status,
    auto ? 'yes' : 'no',
    block === null ? '' : String(block),
    hash ?? '',
    String(network.chainId),
    getAddress(network.token),
  ];
}
