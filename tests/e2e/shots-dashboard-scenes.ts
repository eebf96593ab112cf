/** A node as its owner might find it: figures for the pictures of the provider's page. */
import type { SessionStatus, Status } from '../../provider/dashboard/status.ts';
import { healthOf } from '../../provider/health.ts';
import { natWords } from '../../provider/nat-words.ts';
import type { Nat } from '../../shared/machine/traversal/api.ts';

const NOW = Date.UTC(2026, 4, 20, 19, 42);
const DAY_MS = 86_400_000;
const TOKEN = 10n ** 18n;
const NAT: Nat = {
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  translated: true,
  portPreserved: true,
};
const HARD: Nat = { ...NAT, mapping: 'address-and-port-dependent' };
const ACCOUNT = '0x9a1f3cde58b04e7c21d06f5a8e97b3c4d2e1f089';

/** The same at every run. */
const wave = (at: number, period: number, high: number) => Math.round(high * (1.1 + Math.sin(at / period)) * 0.45);

const COUNTRIES = ['FR', 'FR', 'BR', 'ES', 'FR', 'JP', null, 'BR', 'IR', 'ES', 'FR', 'CN'];
const sessions: readonly SessionStatus[] = COUNTRIES.map((country, i) => ({
  id: (0x3f8a11c7 * (i + 3)).toString(16).slice(-8).padStart(8, '0'),
  phase: i === 11 ? 'connecting' : 'up',
  since: NOW - (i + 1) ** 2 * 71_000,
  rxBytes: 1_900_000 * (i + 1) ** 2,
  txBytes: 24_700_000 * (i + 1) ** 2,
  rxRate: i < 8 ? Math.round(61_000 / (i + 1)) : 0,
  txRate: i < 8 ? Math.round(1_840_000 / (i + 1)) : 0,
  paid: String(((BigInt(i + 1) ** 2n * 26_600_000n) / 1_000_000n) * (TOKEN / 10_000n)),
  gate: i === 6 ? 'closed' : 'open',
  country,
}));

const health = (nat: Nat, more: object) =>
  healthOf({
    relays: 'connected',
    ledger: 'reachable',
    offered: 3,
    nat,
    names: true,
    coin: TOKEN,
    sender: ACCOUNT,
    coinSymbol: 'POL',
    authorizedUntil: null,
    freeMemoryMB: 512,
    minFreeMemoryMB: 64,
    lateMs: 2,
    strained: false,
    now: NOW,
    ...more,
  });

export const SERVING: Status = {
  version: '0.1.0',
  startedAt: NOW - 6 * DAY_MS - 7_900_000,
  now: NOW,
  state: 'serving',
  did: `did:ethr:137:${ACCOUNT}`,
  account: ACCOUNT,
  sender: ACCOUNT,
  network: {
    name: 'polygon',
    tokenSymbol: 'MYST',
    tokenDecimals: 18,
    coinSymbol: 'POL',
    explorer: 'https://polygonscan.com',
  },
  offer: {
    country: 'DE',
    city: 'Bremen',
    asn: 3320,
    network: 'Deutsche Telekom AG',
    residential: true,
    pricePerMB: String(TOKEN / 5_000n),
    relays: 3,
  },
  reach: {
    relays: 'connected',
    ledger: 'reachable',
    nat: NAT,
    natWords: natWords(NAT),
    port: 41_873,
    rotations: 906,
    publicAddresses: ['84.130.44.21'],
    backend: 'kernel',
  },
  clients: {
    active: 14,
    max: 1000,
    served: 2_381,
    refused: { draining: 0, clients: 0, handshakes: 0, memory: 0, bandwidth: 17 },
    countries: { FR: 5, BR: 3, ES: 2, JP: 1, IR: 1, CN: 1 },
  },
  sessions,
  traffic: {
    rxBytes: 9_712_000_000,
    txBytes: 214_390_000_000,
    rx: Array.from({ length: 120 }, (_, i) => wave(i + 9, 7, 260_000)),
    tx: Array.from({ length: 120 }, (_, i) => wave(i, 11, 4_600_000) + wave(i, 3, 900_000)),
    capacityMbps: 100,
    shareKbps: null,
  },
  earnings: {
    claimed: String((TOKEN * 3_172n) / 100n),
    unclaimed: String((TOKEN * 187n) / 100n),
    proofs: 11,
    settlements: [0, 1, 2, 3, 5].map((back, i) => ({
      at: NOW - back * DAY_MS - 3_400_000 * (i + 1),
      kind: i === 2 ? 'close' : i === 4 ? 'failed' : 'claim',
      channels: i === 2 ? 1 : i === 4 ? 0 : 42 - 7 * i,
      amount: String((TOKEN * BigInt(611 - 87 * i)) / (i === 2 ? 5_000n : 100n)),
      transaction:
        i === 4 ? null : `0x${(0x9e3779b97f4a7c15n * BigInt(i + 3)).toString(16).padStart(64, '7').slice(-64)}`,
      error: i === 4 ? 'The chain could not be read: the request took too long.' : null,
    })),
    days: Array.from({ length: 13 }, (_, i) => ({
      day: new Date(NOW - (12 - i) * DAY_MS).toISOString().slice(0, 10),
      earned: String((TOKEN * BigInt(wave(i + 4, 2.3, 700) + 40)) / 100n),
      claimed: String((TOKEN * BigInt(wave(i + 3, 2.3, 700))) / 100n),
      rxBytes: wave(i, 2, 1_900_000_000),
      txBytes: wave(i, 2, 41_000_000_000),
      clients: wave(i, 2, 310),
    })),
  },
  health: health(NAT, {}),
  resolver: { asked: 184_032, answered: 183_377, refused: 541, failed: 114 },
};

/** The first hour of a node that has it hard. */
export const QUIET: Status = {
  ...SERVING,
  startedAt: NOW - 2_400_000,
  reach: { ...SERVING.reach, nat: HARD, natWords: natWords(HARD), rotations: 3, backend: 'wireguard-go' },
  clients: { ...SERVING.clients, active: 0, served: 0, countries: {}, refused: {} },
  sessions: [],
  traffic: { ...SERVING.traffic, rx: [], tx: [], rxBytes: 0, txBytes: 0 },
  earnings: { claimed: '0', unclaimed: '0', proofs: 0, settlements: [], days: [] },
  health: health(HARD, { coin: 0n, freeMemoryMB: 48 }),
  resolver: { asked: 0, answered: 0, refused: 0, failed: 0 },
};
