/** What the user asked for on the wallet's screens, as a question with its figures. Pure. */
import type { Address, Wei } from '../../shared/base/units.ts';
import type { Approval, ChannelRequest } from '../messages.ts';
import type { ApprovalFacts, PreparedApproval } from './approvals.ts';
import { channelSpent } from './channel-state.ts';
import { affordable, channelKey, money } from './fees.ts';
import type { ChainAction } from './transactions.ts';

export type Asked =
  | { readonly kind: ChannelRequest; readonly payee: Address; readonly signer: Address }
  | { readonly kind: 'send' | 'sendCoin'; readonly to: Address; readonly amount: Wei };

/** On the user's own wish there is no least amount but something. */
const MIN_TOP_UP = 1n;

export function askedId(asked: Asked): string {
  return 'to' in asked
    ? `asked:${asked.kind}:${asked.to}:${asked.amount}`
    : `asked:${asked.kind}:${asked.payee}:${asked.signer}`;
}

export function fromAsked(asked: Asked, facts: ApprovalFacts): PreparedApproval | null {
  return 'to' in asked ? fromSend(asked, facts) : fromChannel(asked, facts);
}

const PLAIN = {
  node: null,
  pricePerMB: null,
  graceMinutes: null,
  autoStop: null,
  to: null,
} satisfies Partial<Approval>;

function fromSend(asked: Extract<Asked, { to: Address }>, facts: ApprovalFacts): PreparedApproval {
  const { kind, to, amount } = asked;
  return {
    action: asked,
    minAmount: amount,
    askedAt: null,
    view: {
      ...PLAIN,
      id: askedId(asked),
      kind,
      payee: null,
      to,
      amount: String(amount),
      minAmount: String(amount),
      editable: false,
      ...money(asked, kind === 'send' ? amount : 0n, facts),
    },
  };
}

function fromChannel(asked: Exclude<Asked, { to: Address }>, facts: ApprovalFacts): PreparedApproval | null {
  const { kind, payee, signer } = asked;
  const key = channelKey(payee, signer);
  const known = facts.book.channels.find((channel) => channel.payee === payee && channel.signer === signer);
  const channel = facts.channels.get(key);
  if (!known || !channel) return null;
  const { country, label } = known;
  const exit = facts.exits.find((candidate) => candidate.node?.payee === payee);
  // What is signed and not claimed yet is the node's: it can still claim it before the money moves.
  const rest = channel.deposit - channelSpent(channel, facts.signed?.get(key) ?? 0n);
  const amount = kind === 'topUp' ? affordable(channel.deposit, MIN_TOP_UP, facts.account) : rest;
  const minAmount = kind === 'topUp' ? MIN_TOP_UP : 0n;
  const view = {
    ...PLAIN,
    id: askedId(asked),
    kind,
    payee,
    node: country ? { country, city: label ?? undefined, network: exit?.node?.network ?? null } : null,
    amount: String(amount),
    minAmount: String(minAmount),
    editable: kind === 'topUp',
    pricePerMB: exit?.pricePerMB == null ? null : String(exit.pricePerMB),
    graceMinutes: channel.graceMinutes,
  };
  const action: ChainAction = kind === 'topUp' ? { kind, payee, signer, amount } : { kind, payee, signer };
  return { action, minAmount, askedAt: null, view: { ...view, ...money(action, minAmount, facts) } };
}
