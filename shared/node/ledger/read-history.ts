/**
 * What the chain recorded of one account: its channels' events and its token transfers, oldest first, in
 * pages. Stateless: who asks says which channels it knows, and where to go on.
 */
import { decodeEventLog, type PublicClient, type RpcLog, toEventSelector, toHex } from 'viem';
import type { Hex } from '../../base/bytes.ts';
import { type Address, address } from '../../base/units.ts';
import { erc20PermitAbi, hermeChannelsAbi } from '../../wire/abi.ts';
import { type HistoryPage, type LedgerEvent, MAX_HISTORY_CHANNELS, MAX_HISTORY_EVENTS } from '../../wire/native.ts';
import type { Chain } from './chain.ts';

/** Public nodes refuse longer ranges; a page makes so many steps, so that its answer comes in time. */
const RANGE = 5_000;
const STEPS = 6;
/** How far back to look where the profile does not say when its contracts were deployed. */
const LOOK_BACK = 50_000;

const topicOf = (name: 'Opened' | 'Deposited' | 'Claimed' | 'CloseRequested' | 'Refunded'): Hex =>
  toEventSelector(
    hermeChannelsAbi.find((entry) => entry.type === 'event' && entry.name === name) as Parameters<
      typeof toEventSelector
    >[0],
  );
const OPENED = topicOf('Opened');
const OF_CHANNEL = (['Deposited', 'Claimed', 'CloseRequested', 'Refunded'] as const).map(topicOf);
const TRANSFER = toEventSelector('Transfer(address,address,uint256)');

type Untimed = LedgerEvent extends infer E ? (E extends LedgerEvent ? Omit<E, 'time'> : never) : never;
type Topics = readonly (Hex | readonly Hex[] | null)[];

export async function readHistory(
  chain: Chain,
  account: Address,
  from: number | undefined,
  channels: readonly Hex[],
): Promise<HistoryPage> {
  const { deployedAtBlock } = chain.profile;
  return chain.ask(async (client) => {
    const head = Number(await client.getBlockNumber());
    const start = from ?? deployedAtBlock ?? Math.max(0, head - LOOK_BACK);
    const known = new Set(channels);
    const found: Untimed[] = [];
    let next = start;
    for (let step = 0; step < STEPS && next <= head && found.length <= MAX_HISTORY_EVENTS; step++) {
      const to = Math.min(head, next + RANGE - 1);
      found.push(...(await eventsBetween(chain, client, account, known, next, to)));
      next = to + 1;
    }
    const page = whole(found, next);
    const times = await timesOf(client, new Set(page.events.map(({ block }) => block)));
    const events = page.events.map((event): LedgerEvent => ({ ...event, time: times.get(event.block) ?? 0 }));
    return { events, from: start, head, next: page.next };
  });
}

/** A page ends between two blocks, so that nothing is told twice or left out. */
function whole(found: readonly Untimed[], next: number): { events: readonly Untimed[]; next: number } {
  const cut = found[MAX_HISTORY_EVENTS]?.block;
  if (cut === undefined) return { events: found, next };
  const before = found.filter(({ block }) => block < cut);
  if (before.length > 0) return { events: before, next: cut };
  // One block with more than a page of this account's events: what fits is told.
  return { events: found.slice(0, MAX_HISTORY_EVENTS), next: cut + 1 };
}

async function eventsBetween(
  chain: Chain,
  client: PublicClient,
  account: Address,
  known: Set<Hex>,
  from: number,
  to: number,
): Promise<Untimed[]> {
  const { channels, token } = chain.profile;
  const own = toHex(BigInt(account), { size: 32 });
  const logs = (of: Address, topics: Topics) =>
    client.request({
      method: 'eth_getLogs',
      params: [{ address: of, fromBlock: toHex(from), toBlock: toHex(to), topics: topics as Hex[] }],
    });
  const [opened, sent, received] = await Promise.all([
    logs(channels, [OPENED, null, own]),
    logs(token, [TRANSFER, own]),
    logs(token, [TRANSFER, null, own]),
  ]);
  for (const { topics } of opened) if (topics[1] && known.size < MAX_HISTORY_CHANNELS) known.add(topics[1]);
  const ofChannels = known.size === 0 ? [] : await logs(channels, [OF_CHANNEL, [...known]]);
  return [
    ...[...opened, ...ofChannels].flatMap((log) => channelEvent(log) ?? []),
    ...[...sent, ...received].flatMap((log) => transferEvent(log, channels) ?? []),
  ].sort((a, b) => a.block - b.block || a.logIndex - b.logIndex);
}

function place({ blockNumber, logIndex, transactionHash }: RpcLog) {
  if (blockNumber === null || logIndex === null || transactionHash === null) return null;
  return { block: Number(blockNumber), logIndex: Number(logIndex), hash: transactionHash };
}

function channelEvent(log: RpcLog): Untimed | null {
  const at = place(log);
  if (!at) return null;
  const { eventName, args } = decodeEventLog({
    abi: hermeChannelsAbi,
    data: log.data,
    topics: log.topics as [Hex, ...Hex[]],
  });
  switch (eventName) {
    case 'Opened': {
      const { id, payee, signer, grace } = args;
      return { ...at, event: 'opened', id, payee: address(payee), signer: address(signer), graceMinutes: grace };
    }
    case 'Deposited':
      return { ...at, event: 'deposited', id: args.id, total: args.deposit };
    case 'Claimed':
      return { ...at, event: 'claimed', id: args.id, total: args.claimed };
    case 'CloseRequested':
      return { ...at, event: 'closeRequested', id: args.id, closeAt: args.closeAt };
    case 'Refunded':
      return { ...at, event: 'refunded', id: args.id, amount: args.amount };
    default:
      return null;
  }
}

/** Strangers can write transfers of nothing into anybody's history (address poisoning): those are no events. */
function transferEvent(log: RpcLog, channels: Address): Untimed | null {
  const at = place(log);
  if (!at || log.topics.length !== 3) return null;
  const { args } = decodeEventLog({
    abi: erc20PermitAbi,
    eventName: 'Transfer',
    data: log.data,
    topics: log.topics as [Hex, ...Hex[]],
  });
  const [from, to, amount] = [address(args.from), address(args.to), args.value];
  if (amount === 0n || from === to || from === channels || to === channels) return null;
  return { ...at, event: 'transfer', from, to, amount };
}

async function timesOf(client: PublicClient, blocks: ReadonlySet<number>): Promise<ReadonlyMap<number, number>> {
  const read = async (block: number) => {
    const { timestamp } = await client.getBlock({ blockNumber: BigInt(block), includeTransactions: false });
    return [block, Number(timestamp)] as const;
  };
  return new Map(await Promise.all([...blocks].map(read)));
}
