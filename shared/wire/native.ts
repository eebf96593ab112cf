/**
 * The native protocol: extension ⇄ warren-host, length-prefixed JSON (little-endian u32 + UTF-8),
 * at most 1 MiB a frame in either direction.
 *
 * The extension sends `hello` first, the host answers `welcome`. Then *intents* go down (what the
 * user wants, whole, each replacing the one before) and *snapshots* come up (what is so, whole,
 * throttled). Questions with one answer ride as `request`/`response` beside them.
 */
import * as v from 'valibot';
import { DiagnosticsSchema } from './diagnostics.ts';
import { AddressSchema, CountrySchema, CountSchema, DidSchema, HexSchema, PortSchema, WeiSchema } from './schema.ts';

export const PROTOCOL_VERSION = 1;
export const MAX_FRAME_BYTES = 1_048_576;
export const NATIVE_HOST_NAME = 'network.warren.host';

const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(64), v.regex(/^[\w.:-]+$/));
const Text = v.pipe(v.string(), v.maxLength(1024));
const Hash = HexSchema(32);
/** Channels of one account that a history is asked for, and events that one page holds at most. */
export const MAX_HISTORY_CHANNELS = 500;
export const MAX_HISTORY_EVENTS = 400;

export const ErrorSchema = v.object({ code: Text, message: Text, action: Text });
export type WireError = v.InferOutput<typeof ErrorSchema>;

// ---------------------------------------------------------------- extension → host

/** One exit the rules need: a given node, or any node of a country, or any node at all. */
export const ExitWantSchema = v.object({
  exitId: Id,
  did: v.optional(DidSchema),
  country: v.optional(CountrySchema),
  /** Highest price the user accepts, wei per megabyte. */
  maxPricePerMB: v.optional(WeiSchema),
});
export type ExitWant = v.InferOutput<typeof ExitWantSchema>;

export const IntentSchema = v.object({
  type: v.literal('intent'),
  connected: v.boolean(),
  /** The wallet's address; null while there is no wallet. */
  payer: v.nullable(AddressSchema),
  exits: v.pipe(v.array(ExitWantSchema), v.maxLength(32)),
  /** True: ask providers to close the channels cooperatively on disconnect, so the remainder comes back. */
  closeChannels: v.boolean(),
  /** Nodes that the user will not have: used for no exit, not even when one is named. */
  avoid: v.optional(v.pipe(v.array(DidSchema), v.maxLength(256))),
});
export type Intent = v.InferOutput<typeof IntentSchema>;

/** The per-provider channel signer, derived from the seed in the extension; RAM only in the host. */
export const SignerSchema = v.object({
  type: v.literal('signer'),
  payee: AddressSchema,
  privateKey: HexSchema(32),
  /** The price that the user agreed to for this provider; above it the host asks again. Sent anew when it changes. */
  maxPricePerMB: v.optional(WeiSchema),
});

export const NodeQuerySchema = v.object({
  search: v.optional(v.pipe(v.string(), v.maxLength(100))),
  country: v.optional(CountrySchema),
  residential: v.optional(v.boolean()),
  cursor: v.optional(CountSchema, 0),
  limit: v.optional(v.pipe(CountSchema, v.maxValue(200)), 100),
});

export const RequestBodySchema = v.variant('method', [
  v.object({ method: v.literal('nodes'), params: NodeQuerySchema }),
  /** What the chain knows of a node. */
  v.object({ method: v.literal('node.identity'), params: v.object({ did: DidSchema }) }),
  /** Coin, token, nonce and fee data of an account: everything a transaction needs. */
  v.object({ method: v.literal('wallet.account'), params: v.object({ address: AddressSchema }) }),
  v.object({
    method: v.literal('wallet.channel'),
    params: v.object({ payer: AddressSchema, signer: AddressSchema, payee: AddressSchema }),
  }),
  /** A raw signed transaction; the extension built and signed it, the host only carries it. */
  v.object({
    method: v.literal('wallet.broadcast'),
    params: v.object({ raw: v.pipe(v.string(), v.maxLength(20_000), v.regex(/^0x[0-9a-f]+$/)) }),
  }),
  v.object({ method: v.literal('wallet.receipt'), params: v.object({ hash: Hash }) }),
  /** What the chain recorded of an account, oldest first. A page ends at `next`; ask again from there. */
  v.object({
    method: v.literal('wallet.history'),
    params: v.object({
      address: AddressSchema,
      /** First block to look at; absent: where the network's contracts begin. */
      from: v.optional(CountSchema),
      /** Ids of the account's channels opened before `from`. */
      channels: v.optional(v.pipe(v.array(Hash), v.maxLength(MAX_HISTORY_CHANNELS)), []),
    }),
  }),
  v.object({ method: v.literal('diagnostics'), params: v.object({}) }),
  /** Only where the host was started with --test-switches: refuse to sign from now on. */
  v.object({ method: v.literal('test.stopPaying'), params: v.object({ stop: v.boolean() }) }),
]);
export type RequestBody = v.InferOutput<typeof RequestBodySchema>;

export const RequestSchema = v.object({ type: v.literal('request'), id: CountSchema, body: RequestBodySchema });
export const HelloSchema = v.object({
  type: v.literal('hello'),
  version: CountSchema,
  extensionVersion: v.pipe(v.string(), v.maxLength(32)),
});

export const DownSchema = v.variant('type', [HelloSchema, IntentSchema, SignerSchema, RequestSchema]);
export type Down = v.InferOutput<typeof DownSchema>;
/** What the extension writes (before parsing: wei as text). */
export type DownInput = v.InferInput<typeof DownSchema>;

// ---------------------------------------------------------------- host → extension

export const NodeSchema = v.object({
  did: DidSchema,
  payee: AddressSchema,
  country: CountrySchema,
  city: v.optional(v.pipe(v.string(), v.maxLength(60))),
  asn: v.nullable(CountSchema),
  network: v.nullable(v.pipe(v.string(), v.maxLength(120))),
  residential: v.boolean(),
  pricePerMB: WeiSchema,
  capacityMbps: CountSchema,
  /** Round trip to the node through the rendezvous, ms; null until measured. */
  latencyMs: v.nullable(v.number()),
  online: v.boolean(),
});
export type Node = v.InferOutput<typeof NodeSchema>;

/** What an exit waits for from the user's side; the extension answers with a signer or a transaction. */
export const NeedSchema = v.variant('kind', [
  v.object({ kind: v.literal('signer'), payee: AddressSchema }),
  v.object({
    kind: v.literal('channel'),
    payee: AddressSchema,
    signer: AddressSchema,
    /** Smallest deposit the provider accepts and the one that we suggest, wei. */
    minDeposit: WeiSchema,
    suggestedDeposit: WeiSchema,
    graceMinutes: CountSchema,
    pricePerMB: WeiSchema,
    /** open: no such channel yet; topUp: it exists but the deposit is used up. */
    action: v.picklist(['open', 'topUp']),
  }),
]);
export type Need = v.InferOutput<typeof NeedSchema>;

export const EXIT_PHASES = [
  'discovering',
  'funding',
  'shaking',
  'traversing',
  'tunnelling',
  'up',
  'gated',
  'closing',
  'closed',
  'failed',
] as const;

export const ExitSchema = v.object({
  exitId: Id,
  phase: v.picklist(EXIT_PHASES),
  /** Epoch ms at which this phase began. */
  since: v.number(),
  /** Epoch ms at which the tunnel that stands now first carried traffic. */
  upAt: v.optional(v.nullable(v.number())),
  node: v.nullable(NodeSchema),
  /** Present only while traffic may flow; HTTP CONNECT and SOCKS5 on the same port of 127.0.0.1. */
  proxy: v.nullable(v.object({ host: v.literal('127.0.0.1'), port: PortSchema, username: Text, password: Text })),
  path: v.nullable(
    v.object({
      kind: v.picklist(['direct', 'lan', 'relay']),
      rttMs: v.nullable(v.number()),
      remote: v.picklist(['host', 'srflx', 'prflx', 'relay']),
    }),
  ),
  /** Changes of our own port since the exit is up, and when the last one was (epoch ms). */
  rotation: v.optional(v.object({ count: CountSchema, lastAt: v.nullable(v.number()) })),
  suite: v.nullable(Text),
  rxBytes: CountSchema,
  txBytes: CountSchema,
  /** Bytes a second over the last second or so. */
  rxRate: v.number(),
  txRate: v.number(),
  pricePerMB: v.nullable(WeiSchema),
  /** Signed in this session and over the life of the channel, wei. */
  spentSession: WeiSchema,
  spentTotal: WeiSchema,
  deposit: v.nullable(WeiSchema),
  refunded: v.nullable(WeiSchema),
  need: v.nullable(NeedSchema),
  error: v.nullable(ErrorSchema),
  /** The node that the exit had before and lost (epoch ms): its place is being taken, or was lately. */
  lost: v.optional(
    v.nullable(v.object({ at: v.number(), did: DidSchema, country: CountrySchema, city: NodeSchema.entries.city })),
  ),
  /** How long each step of this connect took, ms, in order. */
  steps: v.pipe(v.array(v.object({ name: Text, ms: v.number() })), v.maxLength(32)),
});
export type Exit = v.InferOutput<typeof ExitSchema>;

export const SnapshotSchema = v.object({
  type: v.literal('snapshot'),
  sequence: CountSchema,
  host: v.object({
    version: Text,
    relay: v.picklist(['connecting', 'connected', 'unreachable']),
    ledger: v.picklist(['unknown', 'reachable', 'unreachable']),
    netd: v.picklist(['unknown', 'ready', 'unreachable']),
    backend: v.nullable(v.picklist(['kernel', 'wireguard-go'])),
    nat: v.nullable(v.object({ mapping: Text, filtering: Text })),
  }),
  /** True once the host holds no tunnel, no key and no open channel session. */
  idle: v.boolean(),
  exits: v.pipe(v.array(ExitSchema), v.maxLength(32)),
  error: v.nullable(ErrorSchema),
});
export type Snapshot = v.InferOutput<typeof SnapshotSchema>;

/** Facts of the network that the extension's wallet needs to build transactions. */
export const NetworkSchema = v.object({
  name: Text,
  chainId: CountSchema,
  channels: AddressSchema,
  token: AddressSchema,
  tokenName: Text,
  tokenSymbol: Text,
  tokenDecimals: v.pipe(CountSchema, v.maxValue(36)),
  coinSymbol: Text,
  explorer: v.nullable(Text),
  /** Blocks after which the wallet calls a transaction confirmed; 1 when absent. */
  confirmations: v.optional(CountSchema),
  /** What one whole coin is worth in token wei, as the profile says; absent: nobody says. For display only. */
  coinInToken: v.optional(WeiSchema),
});
export type Network = v.InferOutput<typeof NetworkSchema>;

export const WelcomeSchema = v.object({
  type: v.literal('welcome'),
  version: CountSchema,
  hostVersion: Text,
  network: NetworkSchema,
  /** What this host can do beyond the version's least: `self-test`, its proxies answer for `SELF_TEST_HOST`. */
  capabilities: v.optional(v.pipe(v.array(Text), v.maxLength(32))),
});

export const NodesPageSchema = v.object({
  nodes: v.array(NodeSchema),
  next: v.nullable(CountSchema),
  total: CountSchema,
});
export const NodeIdentitySchema = v.object({
  /** Unix seconds of the first entry that the registry holds of this DID; null when it holds none. */
  bornAt: v.nullable(CountSchema),
});
export const AccountSchema = v.object({
  coin: WeiSchema,
  token: WeiSchema,
  nonce: CountSchema,
  /** EIP-1559 fees, wei per gas. */
  maxFeePerGas: WeiSchema,
  maxPriorityFeePerGas: WeiSchema,
  /** EIP-2612 permit nonce of this account at the token. */
  permitNonce: WeiSchema,
  /** False when the token has no EIP-2612: then `permitNonce` is 0 and means nothing. */
  permit: v.optional(v.boolean()),
  /** With `permit` false: what the channels contract may take from this account already. */
  allowance: v.optional(WeiSchema),
  /** Transactions of this account in blocks; `nonce` counts those that wait for one, too. */
  minedNonce: v.optional(CountSchema),
  blockTime: CountSchema,
});
export const ChannelSchema = v.object({
  exists: v.boolean(),
  deposit: WeiSchema,
  claimed: WeiSchema,
  /** Unix seconds; 0 while open. */
  closeAt: CountSchema,
  graceMinutes: CountSchema,
  epoch: CountSchema,
});
export const ReceiptSchema = v.object({
  status: v.picklist(['pending', 'confirmed', 'reverted']),
  confirmations: CountSchema,
  gasUsed: v.nullable(WeiSchema),
  /** What the network took for it, wei of the coin. */
  fee: v.optional(WeiSchema),
  /** Why it was reverted, in the contract's words, where the node still knows. */
  reason: v.optional(Text),
});
const At = {
  block: CountSchema,
  logIndex: CountSchema,
  hash: Hash,
  /** Unix seconds of the block. */ time: CountSchema,
};
export const LedgerEventSchema = v.variant('event', [
  v.object({
    ...At,
    event: v.literal('opened'),
    id: Hash,
    payee: AddressSchema,
    signer: AddressSchema,
    graceMinutes: CountSchema,
  }),
  /** `total`: the channel's deposit from then on. */
  v.object({ ...At, event: v.literal('deposited'), id: Hash, total: WeiSchema }),
  /** `total`: claimed over the life of the channel. */
  v.object({ ...At, event: v.literal('claimed'), id: Hash, total: WeiSchema }),
  v.object({ ...At, event: v.literal('closeRequested'), id: Hash, closeAt: CountSchema }),
  v.object({ ...At, event: v.literal('refunded'), id: Hash, amount: WeiSchema }),
  /** Tokens from or to the account; not those of deposits and refunds, nor transfers of nothing. */
  v.object({ ...At, event: v.literal('transfer'), from: AddressSchema, to: AddressSchema, amount: WeiSchema }),
]);
export type LedgerEvent = v.InferOutput<typeof LedgerEventSchema>;
export const HistoryPageSchema = v.object({
  events: v.pipe(v.array(LedgerEventSchema), v.maxLength(MAX_HISTORY_EVENTS)),
  /** First block that was looked at, and the newest block of the chain. */
  from: CountSchema,
  head: CountSchema,
  /** First block that was not looked at. Above `head` once all is told. */
  next: CountSchema,
});
export type HistoryPage = v.InferOutput<typeof HistoryPageSchema>;

/** The answer to each request, by method. */
export const RESULT_SCHEMAS = {
  nodes: NodesPageSchema,
  'node.identity': NodeIdentitySchema,
  'wallet.account': AccountSchema,
  'wallet.channel': ChannelSchema,
  'wallet.broadcast': v.object({ hash: Hash }),
  'wallet.receipt': ReceiptSchema,
  'wallet.history': HistoryPageSchema,
  diagnostics: DiagnosticsSchema,
  'test.stopPaying': v.object({}),
} as const;
export type Method = keyof typeof RESULT_SCHEMAS;
export type Result<M extends Method> = v.InferOutput<(typeof RESULT_SCHEMAS)[M]>;
export type ResultInput<M extends Method> = v.InferInput<(typeof RESULT_SCHEMAS)[M]>;

export const ResponseSchema = v.object({
  type: v.literal('response'),
  id: CountSchema,
  result: v.optional(v.unknown()),
  error: v.optional(ErrorSchema),
});
/** A failure that belongs to no request: the frame itself was bad, or the versions do not match. */
export const FaultSchema = v.object({ type: v.literal('fault'), error: ErrorSchema });

export const UpSchema = v.variant('type', [WelcomeSchema, SnapshotSchema, ResponseSchema, FaultSchema]);
export type Up = v.InferOutput<typeof UpSchema>;
/** What the host writes (before parsing: wei as text). */
export type UpInput = v.InferInput<typeof UpSchema>;
