/** What windows may ask of the background: one function per command, each validated by its keeper. */
import * as v from 'valibot';
import { WarrenError } from '../../shared/base/errors.ts';
import { address } from '../../shared/base/units.ts';
import type { Node, Result } from '../../shared/wire/native.ts';
import { CountSchema, WeiSchema } from '../../shared/wire/schema.ts';
import { type BlockedView, CHANNEL_REQUESTS, type Command, type CommandName } from '../messages.ts';
import { joinRule } from '../routing/bundle.ts';
import {
  ExitRefSchema,
  NodeRefSchema,
  type RouteTable,
  RouteTableSchema,
  RuleSchema,
  upsertRule,
} from '../routing/rules.ts';
import { ledgerCsv } from '../wallet/ledger-csv.ts';
import type { Core } from './core.ts';
import { historyFor, olderHistory } from './money/view.ts';
import { plain } from './store.ts';

/** What one picker can hold; the host lists at most as many. */
const MAX_NODES = 1_000;
const NODES_A_PAGE = 200;
const ERASE_TAIL = 4;
/** What windows ask by themselves: no sign that somebody is there, so it keeps no wallet open. */
const PASSIVE: ReadonlySet<CommandName> = new Set([
  ...(['nodes', 'node.identity', 'book', 'table', 'site', 'blocked', 'diagnostics', 'selfTest'] as const),
  ...(['host.retry', 'wallet.lock'] as const),
]);

/** The window that asks. */
export interface Asker {
  /** The tab that it fills; null for the popup. */
  readonly tab: number | null;
}

type Handlers = {
  [N in CommandName]: (command: Extract<Command, { name: N }>, core: Core, asker: Asker) => Promise<unknown> | unknown;
};

const HANDLERS: Handlers = {
  protect: ({ on }, core) => core.protect(on),
  'exit.retry': ({ exitId }, core) => core.retryExit(exitId),
  'host.retry': (_, core) => core.link.retry(),
  'proxy.retry': (_, core) => core.retryProxy(),
  nodes: (_, core) => everyNode(core),
  'node.identity': ({ did }, core) => core.link.ask<'node.identity'>({ method: 'node.identity', params: { did } }),
  'node.mark': ({ node, mark, on }, core) => core.markNode(v.parse(NodeRefSchema, node), mark, on),
  book: (_, core) => ({ book: core.nodes.book, sessions: core.nodes.sessions, revision: core.nodes.revision }),
  'book.forget': async (_, core) => {
    await core.nodes.forget();
    await core.changed();
  },
  default: ({ exit }, core) => change(core, { defaultExit: v.parse(ExitRefSchema, exit) }),
  table: (_, core) => ({ table: core.settings.current.table, revision: core.settings.revision }),
  'table.change': ({ part }, core) => change(core, v.parse(v.partial(RouteTableSchema), part) as Partial<RouteTable>),
  'rule.upsert': ({ rule }, core) =>
    change(core, { rules: upsertRule(core.settings.current.table.rules, v.parse(RuleSchema, rule)) }),
  'rule.join': ({ ruleId, hosts }, core) =>
    change(core, { rules: joinRule(core.settings.current.table, ruleId, hosts).rules }),
  site: ({ host, tab }, core) => core.sites.describe(host, tab),
  blocked: (_, core, { tab }) => ({ page: blockedView(core, tab) }),
  'blocked.direct': (_, core, { tab }) => core.letOut(tab),
  'pass.end': ({ host }, core) => core.endPass(host),
  selfTest: (_, core) => core.selfTest.now(),
  'rules.undo': async (_, core) => {
    await core.settings.undo();
    await core.changed();
  },
  settings: async ({ autoLockMinutes, closeChannels }, core) => {
    await core.settings.change({
      ...(autoLockMinutes === undefined ? {} : { autoLockMinutes }),
      ...(closeChannels === undefined ? {} : { closeChannels }),
    });
    await core.wallet.touch();
    await core.changed();
  },
  'wallet.create': async ({ password }, core) => {
    const revealed = await core.wallet.create(password);
    await core.changed();
    return revealed;
  },
  'wallet.import': async ({ phrase, password, otherDevice }, core) => {
    await core.wallet.restore(phrase, password, otherDevice);
    await core.changed();
  },
  'wallet.reveal': ({ password }, core) => core.wallet.reveal(password),
  'wallet.confirmBackup': async ({ answers }, core) => ({ passed: await core.wallet.confirmBackup(answers) }),
  'wallet.unlock': async ({ password }, core) => {
    await core.wallet.unlock(password);
    if (core.mirror.snapshot) core.answerSigners(core.mirror.snapshot);
    await core.changed();
  },
  'wallet.lock': async (_, core) => {
    await core.wallet.lock();
    core.money.forgetAsked();
  },
  'wallet.changePassword': ({ password, next }, core) => core.wallet.changePassword(password, next),
  'wallet.addAccount': (_, core) => core.useAccount(null),
  'wallet.useAccount': ({ index }, core) => core.useAccount(v.parse(CountSchema, index)),
  'wallet.erase': async ({ tail }, core) => {
    const [first = ''] = core.wallet.accounts;
    if (tail.length !== ERASE_TAIL || !first.toLowerCase().endsWith(tail.toLowerCase()))
      throw new WarrenError('address_invalid', 'These are not the last four letters.', 'Look at the address again.');
    await core.eraseWallet();
  },
  'wallet.refresh': (_, core) => core.money.refresh(),
  'wallet.older': ({ skip }, core) => ({
    entries: olderHistory(core.money, core.confirmations, v.parse(CountSchema, skip)),
  }),
  'wallet.csv': async (_, core) => {
    const { network } = core.mirror.welcome ?? {};
    if (!network) throw new WarrenError('host_missing', 'The host has not said which network it is on.', 'Try again.');
    await core.money.refresh();
    const history = historyFor(core.money, core.confirmations);
    return { text: ledgerCsv(history, network), rows: history.length };
  },
  'wallet.checkAddress': ({ text }, core) => ({ checked: core.money.checkAddress(text) }),
  'wallet.send': ({ asset, to, amount }, core) => {
    const checked = core.money.checkAddress(to);
    if (typeof checked === 'string')
      throw new WarrenError('address_invalid', 'That is no address that can be sent to.', 'Check the address.');
    core.money.ask({
      kind: asset === 'coin' ? 'sendCoin' : 'send',
      to: checked.address,
      amount: v.parse(WeiSchema, amount),
    });
  },
  'wallet.retry': async ({ id }, core) => {
    core.money.retry(id);
    await core.money.refresh();
  },
  'wallet.limits': ({ limits }, core) => core.money.setLimits(limits),
  'channel.request': async ({ payee, signer, action }, core) => {
    core.money.ask({
      kind: v.parse(v.picklist(CHANNEL_REQUESTS), action),
      payee: address(payee),
      signer: address(signer),
    });
    await core.money.refresh();
  },
  approve: ({ id, amount }, core) => core.money.approve(id, amount === undefined ? null : BigInt(amount)),
  reject: ({ id }, core) => core.money.reject(id),
  diagnostics: (_, core) => core.link.ask<'diagnostics'>({ method: 'diagnostics', params: {} }),
  'test.stopPaying': ({ stop }, core) =>
    core.link.ask<'test.stopPaying'>({ method: 'test.stopPaying', params: { stop } }),
};

/** @throws whatever the command throws; the caller turns it into words. */
export async function runCommand(command: Command, core: Core, asker: Asker = { tab: null }): Promise<unknown> {
  await core.ready;
  const handler = HANDLERS[command.name] as ((command: Command, core: Core, asker: Asker) => unknown) | undefined;
  if (!handler || !Object.hasOwn(HANDLERS, command.name)) throw new RangeError('unknown command');
  if (core.wallet.unlocked && !PASSIVE.has(command.name)) await core.wallet.touch();
  return (await handler(command, core, asker)) ?? null;
}

function blockedView(core: Core, tab: number | null): BlockedView | null {
  const page = core.blocked.of(tab);
  if (!page) return null;
  const decision = core.sites.decide(tab, new URL(page.url).hostname);
  return { url: page.url, decision, exitId: core.sites.routes.plan.exitOf(decision.action), up: page.up };
}

/** The host answers in pages, since a frame holds no more than 1 MiB. */
async function everyNode(core: Core) {
  const nodes: Node[] = [];
  let total = 0;
  for (let cursor: number | null = 0; cursor !== null && nodes.length < MAX_NODES; ) {
    const params = { cursor, limit: NODES_A_PAGE };
    const page: Result<'nodes'> = await core.link.ask<'nodes'>({ method: 'nodes', params });
    nodes.push(...page.nodes);
    total = page.total;
    // A host that repeats itself would keep us here for ever.
    cursor = page.next !== null && page.next > cursor ? page.next : null;
  }
  await core.nodes.see(nodes);
  return plain({ nodes, total });
}

async function change(core: Core, part: Parameters<Core['settings']['changeTable']>[0]): Promise<void> {
  if (core.platform === 'chromium' && part.rules?.some(({ match }) => match.kind === 'url')) {
    const message = 'A rule for whole addresses works in Firefox only.';
    throw new WarrenError('rule_unusable', message, 'Match the host instead.');
  }
  await core.settings.changeTable(part);
  await core.changed();
}
