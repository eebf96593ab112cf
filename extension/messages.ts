/**
 * Between the background and its windows: one port each. The background pushes the whole `View` when
 * anything changes; windows send commands and get one answer. JSON only, so wei travel as text.
 */
import type { WarrenErrorData } from '../shared/base/errors.ts';
import type { Result, UpInput } from '../shared/wire/native.ts';
import type { Book, MarkName } from './nodes/book.ts';
import type { PassedDecision } from './routing/passes.ts';
import type { ApplyStatus, HostStatus, Protection, ProtectionState } from './routing/protection.ts';
import type { Action, ExitRef, NodeRef, RouteTable, Rule } from './routing/rules.ts';
import type { HostUse } from './routing/usage.ts';
import type { AddressProblem, CheckedAddress } from './wallet/address-check.ts';
import type { AutoStop } from './wallet/auto-top-up.ts';
import type { ChannelState } from './wallet/channel-state.ts';
import type { ChainActionKind } from './wallet/transactions.ts';

/** Where the background leaves a view for windows that open while it sleeps (`storage.session`). */
export const PICTURE_KEY = 'picture';
export const UI_PORT = 'ui';

/** Decimal wei. */
export type WeiText = string;
type SnapshotInput = Extract<UpInput, { type: 'snapshot' }>;
export type WelcomeInput = Extract<UpInput, { type: 'welcome' }>;
export type NetworkView = WelcomeInput['network'];
export type NodeView = NonNullable<SnapshotInput['exits'][number]['node']>;

/** An exit without its proxy credentials: no window needs them. */
export type ExitView = Omit<SnapshotInput['exits'][number], 'proxy'> & {
  readonly state: Exclude<ProtectionState, 'off'>;
  /** True for the exit that "default" means. */
  readonly isDefault: boolean;
  /** Of its node, or else the one that the rules ask for: known before a node is, and after it is gone. */
  readonly country: string | null;
  /** The rules name this one node: no other may take its place. */
  readonly pinned: boolean;
};

export interface RateSample {
  readonly at: number;
  readonly down: number;
  readonly up: number;
}

export interface Approval {
  readonly id: string;
  readonly kind: Exclude<ChainActionKind, 'approve'>;
  /** Null where tokens or coins go to somebody else. */
  readonly payee: string | null;
  readonly to: string | null;
  readonly node: Pick<NodeView, 'country' | 'city' | 'network'> | null;
  /** open, topUp, send, sendCoin: what leaves. requestClose, withdraw: what comes back at least. */
  readonly amount: WeiText;
  readonly minAmount: WeiText;
  /** Set when the user may change the amount. */
  readonly editable: boolean;
  readonly pricePerMB: WeiText | null;
  readonly graceMinutes: number | null;
  /** How many are signed for it: two where the token has no permit. */
  readonly transactions: number;
  /** Most that the network can take for all of them, in the coin; null while unknown. */
  readonly maxFee: WeiText | null;
  /** The same in the token by the network profile's rate; null when nobody says. */
  readonly maxFeeInToken: WeiText | null;
  readonly problem: 'loading' | 'token' | 'coin' | null;
  /** Why automatic top-up, which is on, left this to the user. */
  readonly autoStop: AutoStop | null;
}

export const CHANNEL_REQUESTS = ['topUp', 'requestClose', 'withdraw'] as const;
export type ChannelRequest = (typeof CHANNEL_REQUESTS)[number];

export interface ChannelView {
  readonly payee: string;
  readonly signer: string;
  readonly country: string | null;
  readonly label: string | null;
  readonly state: ChannelState;
  readonly deposit: WeiText;
  /** Paid for good: claimed on chain, or signed by us, whichever is more. */
  readonly spent: WeiText;
  /** Unix seconds of the chain's clock; 0 while open. */
  readonly closeAt: number;
  readonly graceMinutes: number;
  readonly exists: boolean;
  /** In use: the node closes it, at once, when the user disconnects. */
  readonly connected: boolean;
}

/** What this wallet sends, and what only the chain tells: claims of nodes, and transfers. */
export type HistoryKind = ChainActionKind | 'claim' | 'refund' | 'received' | 'sent';
export interface HistoryEntry {
  readonly id: string;
  readonly kind: HistoryKind;
  readonly at: number;
  readonly amount: WeiText;
  readonly country: string | null;
  readonly payee: string | null;
  /** The other side of a transfer. */
  readonly counterparty: string | null;
  readonly hash: string | null;
  readonly block: number | null;
  readonly status: 'pending' | 'confirmed' | 'failed';
  readonly confirmations: number;
  /** What the network took, coin wei; known of our own transactions. */
  readonly fee: WeiText | null;
  readonly reason: string | null;
  /** Sent by automatic top-up. */
  readonly auto: boolean;
  readonly retry: boolean;
}

/** Limits of automatic payment; each is explained in extension/wallet/auto-top-up.ts. */
export interface AutoTopUpView {
  readonly on: boolean;
  readonly perDay: WeiText;
  readonly perMonth: WeiText;
  readonly perChannel: WeiText;
  readonly maxFee: WeiText;
  readonly priceCap: WeiText | null;
}

export interface SpentView {
  readonly amount: WeiText;
  /** Part of it that this browser did not see signed: counted when it was claimed. */
  readonly estimated: WeiText;
}

export interface WalletView {
  readonly exists: boolean;
  readonly unlocked: boolean;
  readonly address: string | null;
  readonly backedUp: boolean;
  /** Addresses of all accounts of the seed; `address` is the one in use. */
  readonly accounts: readonly string[];
  readonly activeAccount: number;
  readonly token: WeiText | null;
  readonly coin: WeiText | null;
  readonly channels: readonly ChannelView[];
  /** The newest; older ones by `wallet.older`. */
  readonly history: readonly HistoryEntry[];
  readonly historyTotal: number;
  readonly spentToday: SpentView;
  readonly spentMonth: SpentView;
  /** Seconds that the chain's clock is ahead of this computer's. */
  readonly chainAhead: number;
  readonly autoTopUp: AutoTopUpView;
  /** Moved by automatic top-ups today and this month. */
  readonly autoToday: WeiText;
  readonly autoMonth: WeiText;
  /** Balances and channels could not be read lately: what is shown is old. */
  readonly stale: boolean;
}

export interface View {
  readonly platform: 'chromium' | 'firefox';
  readonly protection: Protection;
  readonly applied: ApplyStatus;
  readonly host: {
    readonly status: HostStatus;
    readonly version: string | null;
    readonly error: WarrenErrorData | null;
    readonly facts: SnapshotInput['host'] | null;
  };
  /** What of the rules a popup needs; the list itself goes to windows that ask for it. */
  readonly routes: {
    /** Grows with every change of the rules. */
    readonly revision: number;
    readonly count: number;
    readonly defaultExit: ExitRef;
    readonly otherwise: Action;
    /** Every exit that some rule names, once; at most 64. */
    readonly named: readonly (Action | ExitRef)[];
  };
  /** Sites that go directly for a short time, by the user's own click. Epoch ms. */
  readonly passes: readonly { readonly host: string; readonly until: number }[];
  /** Whether this browser's own request arrived at the default exit, and whether names are resolved there. */
  readonly selfTest: { readonly status: 'untested' | 'ok' | 'astray'; readonly names: boolean | null };
  /** Grows with every change of what is remembered of nodes. */
  readonly bookRevision: number;
  readonly canUndo: boolean;
  readonly settings: { readonly autoLockMinutes: number; readonly closeChannels: boolean };
  /** The stored rules could not be read; everything is blocked until the user has looked. */
  readonly settingsBroken: boolean;
  readonly exits: readonly ExitView[];
  readonly network: NetworkView | null;
  readonly wallet: WalletView;
  readonly approvals: readonly Approval[];
  /** Exits that wait for the wallet to be unlocked. */
  readonly unlockNeeded: boolean;
  readonly totals: {
    readonly down: number;
    readonly up: number;
    readonly downRate: number;
    readonly upRate: number;
    readonly spent: WeiText;
    readonly perHour: WeiText;
  };
  readonly rates: readonly RateSample[];
}

export type Command =
  | { readonly name: 'protect'; readonly on: boolean }
  | { readonly name: 'exit.retry'; readonly exitId: string }
  | { readonly name: 'host.retry' }
  | { readonly name: 'proxy.retry' }
  | { readonly name: 'nodes' }
  | { readonly name: 'node.identity'; readonly did: string }
  | { readonly name: 'node.mark'; readonly node: NodeRef; readonly mark: MarkName; readonly on: boolean }
  | { readonly name: 'book' }
  | { readonly name: 'book.forget' }
  | { readonly name: 'default'; readonly exit: ExitRef }
  | { readonly name: 'table' }
  | { readonly name: 'table.change'; readonly part: Partial<RouteTable> }
  | { readonly name: 'rule.upsert'; readonly rule: Rule }
  /** Hosts that a rule's pages load from take its route. */
  | { readonly name: 'rule.join'; readonly ruleId: string; readonly hosts: readonly string[] }
  /** The page in a tab: its route and why, and which ways its parts really went. */
  | { readonly name: 'site'; readonly host: string; readonly tab: number | null }
  /** What is blocked in the tab that asks; null where nothing is. */
  | { readonly name: 'blocked' }
  /** Heeded only from our page in the place of a blocked one: that site may go directly for a short time. */
  | { readonly name: 'blocked.direct' }
  | { readonly name: 'pass.end'; readonly host: string }
  | { readonly name: 'selfTest' }
  | { readonly name: 'rules.undo' }
  | { readonly name: 'settings'; readonly autoLockMinutes?: number; readonly closeChannels?: boolean }
  | { readonly name: 'wallet.create'; readonly password: string }
  | {
      readonly name: 'wallet.import';
      readonly phrase: string;
      readonly password: string;
      readonly otherDevice: boolean;
    }
  | { readonly name: 'wallet.reveal'; readonly password: string }
  | {
      readonly name: 'wallet.confirmBackup';
      readonly answers: readonly { readonly index: number; readonly word: string }[];
    }
  | { readonly name: 'wallet.unlock'; readonly password: string }
  | { readonly name: 'wallet.lock' }
  | { readonly name: 'wallet.changePassword'; readonly password: string; readonly next: string }
  | { readonly name: 'wallet.addAccount' }
  | { readonly name: 'wallet.useAccount'; readonly index: number }
  /** `tail`: the last four letters of the first account's address, typed by the user. */
  | { readonly name: 'wallet.erase'; readonly tail: string }
  | { readonly name: 'wallet.refresh' }
  | { readonly name: 'wallet.older'; readonly skip: number }
  | { readonly name: 'wallet.csv' }
  | { readonly name: 'wallet.checkAddress'; readonly text: string }
  | { readonly name: 'wallet.send'; readonly asset: 'token' | 'coin'; readonly to: string; readonly amount: WeiText }
  | { readonly name: 'wallet.retry'; readonly id: string }
  | { readonly name: 'wallet.limits'; readonly limits: AutoTopUpView }
  | {
      readonly name: 'channel.request';
      readonly payee: string;
      readonly signer: string;
      readonly action: ChannelRequest;
    }
  | { readonly name: 'approve'; readonly id: string; readonly amount?: WeiText }
  | { readonly name: 'reject'; readonly id: string }
  | { readonly name: 'diagnostics' }
  | { readonly name: 'test.stopPaying'; readonly stop: boolean };
export type CommandName = Command['name'];

export interface SiteView {
  readonly decision: PassedDecision;
  readonly uses: readonly (HostUse & {
    /** Goes another way than the page, and no rule of the user says so. */
    readonly stray: boolean;
  })[];
}

/** A page that did not load, as our page in its place needs it. */
export interface BlockedView {
  readonly url: string;
  readonly decision: PassedDecision;
  /** The exit that its route means; null where a rule blocks it. */
  readonly exitId: string | null;
  /** It was up when the page failed. */
  readonly up: boolean;
}

/** One stay at a node since the browser started. Epoch ms, bytes; `endedAt` is null while it lasts. */
export interface SessionView {
  readonly did: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly down: number;
  readonly up: number;
  readonly spent: WeiText;
}

export interface CommandResults {
  table: { table: RouteTable; revision: number };
  site: SiteView;
  blocked: { page: BlockedView | null };
  nodes: { nodes: NodeView[]; total: number };
  'node.identity': { bornAt: number | null };
  book: { book: Book; sessions: SessionView[]; revision: number };
  'wallet.create': { phrase: string; quiz: number[] };
  'wallet.reveal': { phrase: string; quiz: number[] };
  'wallet.confirmBackup': { passed: boolean };
  'wallet.older': { entries: HistoryEntry[] };
  'wallet.csv': { text: string; rows: number };
  'wallet.checkAddress': { checked: CheckedAddress | AddressProblem };
  diagnostics: Result<'diagnostics'>;
}
export type CommandResult<N extends CommandName> = N extends keyof CommandResults ? CommandResults[N] : null;

export type ToBackground = { readonly id: number; readonly command: Command };
export type ToWindow =
  | { readonly type: 'view'; readonly view: View }
  | { readonly type: 'answer'; readonly id: number; readonly result?: unknown; readonly error?: WarrenErrorData };
