/** The recorded states that the screenshots show: schema-valid snapshots, made up but plausible. */
import type { NodeView } from '../../extension/messages.ts';
import { natText } from '../../shared/base/nat-words.ts';
import type { Scenario, Snapshot } from './shots-host.ts';

type Exit = Snapshot['exits'][number];

const MYST = 10n ** 18n;
const wei = (milli: number) => String((BigInt(Math.round(milli * 1000)) * MYST) / 1_000_000n);

function node(
  n: number,
  country: string,
  city: string,
  network: string,
  asn: number,
  extra: Partial<NodeView> = {},
): NodeView {
  const payee = `0x${n.toString(16).padStart(2, '0').repeat(20)}`;
  return {
    did: `did:ethr:31337:${payee}`,
    payee,
    country,
    city,
    network,
    asn,
    residential: true,
    pricePerMB: wei(0.05 + (n % 5) * 0.02),
    capacityMbps: 100,
    latencyMs: 14 + n * 11,
    online: true,
    ...extra,
  };
}

export const NODES: NodeView[] = [
  node(0x11, 'DE', 'Kassel', 'Deutsche Telekom', 3320, { latencyMs: 23 }),
  node(0x22, 'JP', 'Sapporo', 'SoftBank', 17676, { latencyMs: 248 }),
  node(0x33, 'FR', 'Lyon', 'Orange', 3215, { latencyMs: 31 }),
  node(0x44, 'SE', 'Umeå', 'Telia', 3301, { latencyMs: 47 }),
  node(0x55, 'NL', 'Utrecht', 'Hetzner Online', 24940, { residential: false, latencyMs: 19, pricePerMB: wei(0.18) }),
  node(0x66, 'BR', 'Recife', 'Vivo', 27699, { latencyMs: 201 }),
  node(0x88, 'DE', 'Jena', 'Vodafone', 3209, { latencyMs: 38 }),
  node(0x99, 'AU', 'Hobart', 'Telstra', 1221, { latencyMs: 291 }),
  node(0xaa, 'US', 'Boise', 'Comcast', 7922, { latencyMs: 132 }),
  node(0x77, 'CA', 'Halifax', 'Bell', 577, { latencyMs: null, online: false }),
];
const [DE, JP] = NODES as [NodeView, NodeView];

const NAT = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' } as const;
const HOST: Snapshot['host'] = {
  version: '0.1.0',
  relay: 'connected',
  ledger: 'reachable',
  netd: 'ready',
  backend: 'kernel',
  nat: NAT,
};

export const EMPTY: Scenario = {
  network: {
    name: 'Warren Testnet',
    chainId: 31337,
    channels: '0x5fbdb2315678afecb367f032d93f642f64180aa3',
    token: '0xe7f1725e7734ce288f8367e1bb143e90bb3f0512',
    tokenName: 'Mysterium',
    tokenSymbol: 'MYST',
    tokenDecimals: 18,
    coinSymbol: 'ETH',
    explorer: null,
    confirmations: 3,
  },
  exits: [],
  host: HOST,
  answers: {
    'node.identity': { bornAt: Math.floor(Date.now() / 1000) - 211 * 86_400 },
    nodes: { nodes: NODES, next: null, total: NODES.length },
    'wallet.account': {
      coin: wei(480),
      token: wei(42_750),
      nonce: 3,
      maxFeePerGas: '2000000000',
      maxPriorityFeePerGas: '1000000000',
      permitNonce: '2',
      blockTime: 1_790_000_000,
    },
    'wallet.channel': { exists: true, deposit: wei(2000), claimed: wei(410), closeAt: 0, graceMinutes: 1440, epoch: 0 },
    'wallet.broadcast': { hash: `0x${'ab'.repeat(32)}` },
    'wallet.receipt': { status: 'confirmed', confirmations: 3, gasUsed: '102309' },
    diagnostics: {
      lines: [
        { id: 'node', name: 'Node.js', ok: true, text: 'v24.11.1' },
        { id: 'netd', name: 'warren-netd', ok: true, text: '', said: { code: 'netdKernel', values: [] } },
        { id: 'relays', name: 'Relays', ok: true, text: '', said: { code: 'connected', values: [] } },
        { id: 'stun', name: 'STUN servers', ok: true, text: '', said: { code: 'stun', values: ['4'] } },
        { id: 'turn', name: 'TURN relay', ok: true, text: '', said: { code: 'turn', values: ['3'] } },
        { id: 'ledger', name: 'Ledger', ok: true, text: '', said: { code: 'ledger', values: ['31337', '9'] } },
        { id: 'nat', name: 'NAT', ok: true, text: natText(NAT) },
        ...[DE, JP].map(({ city, country }) => ({
          ...{ id: 'exitAddress', name: `Exit ${city}`, ok: true, text: '' },
          said: { code: 'exitOther', values: [`${city}, ${country}`] },
        })),
      ],
    },
  },
};

const noFunds = EMPTY.answers['wallet.account'];
export const NO_FUNDS: Scenario = {
  ...EMPTY,
  answers: { ...EMPTY.answers, ...(noFunds ? { 'wallet.account': { ...noFunds, token: '0', coin: '0' } } : {}) },
};

/** Forty minutes ago. */
const STARTED = Date.now() - 2_400_000;

function exit(of: NodeView, phase: Exit['phase'], extra: Partial<Exit> = {}): Exit {
  return {
    exitId: of.country === 'JP' ? 'country:JP' : `node:${of.payee}`,
    phase,
    since: STARTED,
    node: of,
    proxy: null,
    path: null,
    suite: null,
    rxBytes: 0,
    txBytes: 0,
    rxRate: 0,
    txRate: 0,
    pricePerMB: of.pricePerMB,
    spentSession: '0',
    spentTotal: '0',
    deposit: null,
    refunded: null,
    need: null,
    error: null,
    steps: [],
    ...extra,
  };
}

function up(of: NodeView, port: number, megabytes: number, rate: number): Exit {
  return exit(of, 'up', {
    proxy: { host: '127.0.0.1', port, username: 'u', password: 'p' },
    path: { kind: 'direct', rttMs: of.latencyMs, remote: 'srflx' },
    upAt: STARTED,
    rotation: { count: 4, lastAt: STARTED + 2_000_000 },
    suite: 'X25519 + ML-KEM-768, ChaCha20-Poly1305',
    rxBytes: megabytes * 1_000_000,
    txBytes: megabytes * 70_000,
    rxRate: rate,
    txRate: rate / 12,
    spentSession: String(BigInt(of.pricePerMB) * BigInt(megabytes)),
    spentTotal: String(BigInt(of.pricePerMB) * BigInt(megabytes)),
    deposit: wei(2000),
  });
}

export function needs(signerOf: (payee: string) => string): Scenario {
  const need = (of: NodeView): NonNullable<Exit['need']> => ({
    kind: 'channel',
    payee: of.payee,
    signer: signerOf(of.payee),
    minDeposit: wei(500),
    suggestedDeposit: wei(2000),
    graceMinutes: 1440,
    pricePerMB: of.pricePerMB,
    action: 'open',
  });
  return { ...EMPTY, exits: [exit(DE, 'funding', { need: need(DE) }), exit(JP, 'funding', { need: need(JP) })] };
}

export const CONNECTING: Scenario = { ...EMPTY, exits: [up(DE, 40001, 684, 90_000), exit(JP, 'traversing')] };
export const PROTECTED: Scenario = { ...EMPTY, exits: [up(DE, 40001, 684, 3_400_000), up(JP, 40002, 37, 210_000)] };
const LOST = { at: 1_790_000_040_000, did: JP.did, country: 'JP', city: 'Sapporo' };
const JP2 = node(0x88, 'JP', 'Nagoya', 'NTT', 4713, { latencyMs: 251 });
/** The node in Sapporo is gone; another one in Japan takes its place, then stands. */
export const FAILOVER: Scenario = {
  ...EMPTY,
  exits: [up(DE, 40001, 684, 2_900_000), exit(JP2, 'shaking', { lost: LOST })],
};
export const REPLACED: Scenario = {
  ...EMPTY,
  exits: [up(DE, 40001, 688, 2_400_000), { ...up(JP2, 40003, 2, 900_000), lost: LOST }],
};
export const BLOCKED: Scenario = {
  ...EMPTY,
  exits: [
    exit(DE, 'failed', {
      error: {
        code: 'node_offline',
        message: 'The node went away.',
        action: 'Try again, or choose another node.',
      },
    }),
    up(JP, 40002, 37, 210_000),
  ],
};

const HOUR = 3_600;
const hash = (n: number): `0x${string}` => `0x${n.toString(16).padStart(2, '0').repeat(32)}`;

/** What the chain tells of a wallet that has been in use for some days. */
export function recorded(
  account: string,
  channel: { id: string; signer: string },
): Scenario['answers']['wallet.history'] {
  const now = Math.floor(Date.now() / 1000);
  const at = (n: number, hoursAgo: number) => ({ block: n, logIndex: 0, hash: hash(n), time: now - hoursAgo * HOUR });
  const { id, signer } = channel;
  return {
    from: 1,
    head: 40,
    next: 41,
    events: [
      { ...at(10, 90), event: 'transfer', from: FRIEND, to: account, amount: wei(50_000) },
      { ...at(12, 71), event: 'opened', id, payee: DE.payee, signer, graceMinutes: 1440 },
      { ...at(12, 71), logIndex: 1, event: 'deposited', id, total: wei(1000) },
      { ...at(15, 47), event: 'claimed', id, total: wei(260) },
      { ...at(18, 30), event: 'transfer', from: account, to: FRIEND, amount: wei(5000) },
      { ...at(22, 26), event: 'deposited', id, total: wei(2000) },
      { ...at(39, 1), event: 'claimed', id, total: wei(410) },
    ],
  };
}
/** Somebody whom this wallet dealt with, and somebody who only looks alike. */
export const FRIEND = '0xabcd00000000000000000000000000000000ef01';
export const LOOKALIKE = '0xabcd11111111111111111111111111111111ef01';

/** Notice was given; the rest is free in so many seconds. */
export function closing(base: Scenario, seconds: number): Scenario {
  const channel = base.answers['wallet.channel'];
  if (!channel) return base;
  const closeAt = Math.floor(Date.now() / 1000) + seconds;
  return { ...base, answers: { ...base.answers, 'wallet.channel': { ...channel, closeAt } } };
}
