/** Made-up nodes and a made-up view for the tests of the windows. */
import type { NetworkView, NodeView, View } from '../../../extension/messages.ts';
import { nodeRef, payee } from './tables.ts';

export const node = (n: number, country: string, extra: Partial<NodeView> = {}): NodeView => ({
  did: nodeRef(n, country).did,
  payee: payee(n),
  country,
  city: `City ${n}`,
  asn: n,
  network: `Net ${n}`,
  residential: true,
  pricePerMB: '1000',
  capacityMbps: 100,
  latencyMs: 10 * n,
  online: true,
  ...extra,
});
export const NODES = [node(2, 'JP'), node(1, 'DE'), node(3, 'NL', { residential: false, latencyMs: 1 })];

export const NETWORK: NetworkView = {
  name: 'Test',
  chainId: 1,
  channels: payee(7),
  token: payee(8),
  tokenName: 'MYST',
  tokenSymbol: 'MYST',
  tokenDecimals: 18,
  coinSymbol: 'ETH',
  explorer: null,
};

/** A window's picture of an extension that is ready and idle. */
export const READY: View = {
  platform: 'chromium',
  protection: { state: 'off', why: 'asked', up: 0, total: 1 },
  applied: 'off',
  host: { status: 'ready', version: '0.1.0', error: null, facts: null },
  routes: { revision: 1, count: 0, defaultExit: nodeRef(1, 'DE'), otherwise: { kind: 'default' }, named: [] },
  passes: [],
  selfTest: { status: 'untested', names: null },
  bookRevision: 1,
  canUndo: false,
  settings: { autoLockMinutes: 15, closeChannels: true },
  settingsBroken: false,
  exits: [],
  network: NETWORK,
  wallet: {
    exists: true,
    unlocked: true,
    address: payee(5),
    backedUp: true,
    accounts: [payee(5)],
    activeAccount: 0,
    token: '5000000000000000000',
    coin: '1',
    channels: [],
    history: [],
    historyTotal: 0,
    spentToday: { amount: '0', estimated: '0' },
    spentMonth: { amount: '0', estimated: '0' },
    chainAhead: 0,
    autoTopUp: { on: false, perDay: '1', perMonth: '1', perChannel: '1', maxFee: '1', priceCap: null },
    autoToday: '0',
    autoMonth: '0',
    stale: false,
  },
  approvals: [],
  unlockNeeded: false,
  totals: { down: 0, up: 0, downRate: 0, upRate: 0, spent: '0', perHour: '0' },
  rates: [],
};
