/**
 * How fast homes meet. Between two NATs without latency; per pair of kinds with 25 ms on each home's line
 * (so 50 ms to a server and back, 100 ms to the other home and back), where crossing handshakes would
 * show; a whole connect on such lines, step by step; and a session over the relay beside a direct one.
 */

import { BLOB_BYTES } from '../lab/origins.ts';
import { playCell } from '../nat/cell.ts';
import { type Field, openField } from '../nat/field.ts';
import type { Way } from '../nat/kinds.ts';
import type { Pair } from '../nat/pairs.ts';
import { type Connected, median, medianSteps, openBenchSession } from './session.ts';

const LINE_MS = 25;
/** Home to home and back. */
const ROUND_TRIP_MS = 4 * LINE_MS;
const PUNCHES = 20;
const TRIES = 3;
const CONNECTS = 5;
const DOWNLOADS = 3;

const PAIRS: readonly Pair[] = [
  ['open', 'open'],
  ['eim-apdf', 'eim-apdf'],
  ['eim-apdf-changing', 'cgnat-easy'],
  ['apdm-random', 'eim-adf'],
  ['apdm-sequential', 'eim-apdf'],
  ['apdm-random', 'eim-apdf'],
  ['eim-apdf', 'apdm-random'],
  ['apdm-random', 'easy-pmp'],
  ['ipv6-only', 'ipv6-only'],
  ['eim-apdf', 'same-lan'],
  ['apdm-random', 'apdm-random'],
  ['udp-blocked', 'eim-apdf'],
];

interface PairTimes {
  readonly way: Way;
  /** From the peer's candidates to the first datagram that came back, over whatever path was there first. */
  readonly firstPacketMs: number;
  /** The same over the path that stays. */
  readonly finalPathMs: number;
}

export async function benchNat() {
  return {
    punch: await benchPunch(),
    pairs: await benchPairs(),
    connect: await benchLine(),
    relay: await benchRelay(),
  };
}

async function times(field: Field, [client, provider]: Pair, tries: number): Promise<PairTimes> {
  const [lane] = field.lanes;
  if (!lane) throw new Error('a field without a lane');
  const cells = [];
  for (let n = 0; n < tries; n++) cells.push(await playCell(lane, field.profile, client, provider));
  return {
    way: cells.at(-1)?.got ?? 'none',
    firstPacketMs: median(cells.map(({ firstMs }) => firstMs ?? Number.NaN)),
    finalPathMs: median(cells.map(({ ms }) => ms ?? Number.NaN)),
  };
}

/** Two port-restricted homes of the lab, no latency. */
async function benchPunch() {
  const field = await openField(1);
  try {
    await times(field, ['eim-apdf', 'eim-apdf'], 1);
    const { firstPacketMs } = await times(field, ['eim-apdf', 'eim-apdf'], PUNCHES);
    return { firstPacketMs };
  } finally {
    await field.close();
  }
}

async function benchPairs() {
  const field = await openField(1, LINE_MS);
  try {
    const rows: Record<string, PairTimes> = {};
    for (const pair of PAIRS) rows[pair.join(' × ')] = await times(field, pair, TRIES);
    return rows;
  } finally {
    await field.close();
  }
}

/** The whole product on lines of 25 ms: click to first byte, each step in round trips between the homes. */
async function benchLine() {
  const session = await openBenchSession({ lineMs: LINE_MS });
  try {
    await session.connect();
    const runs: Connected[] = [];
    for (let n = 0; n < CONNECTS; n++) runs.push(await session.connect());
    const firstByteMs = median(runs.map(({ upMs, pageMs }) => upMs + pageMs));
    const steps = Object.entries(medianSteps(runs)).map(([name, ms]) => [name, ms / ROUND_TRIP_MS] as const);
    return {
      firstByteMs,
      upMs: median(runs.map(({ upMs }) => upMs)),
      firstByteRoundTrips: firstByteMs / ROUND_TRIP_MS,
      stepsInRoundTrips: Object.fromEntries(steps),
    };
  } finally {
    await session.close();
  }
}

/** Between two symmetric homes only the relay is left; between two port-restricted ones the path is direct. */
async function benchRelay() {
  const [relay, direct] = [await benchWay('symmetric', 'relay'), await benchWay('portRestricted', 'direct')];
  return { firstByteMs: relay.firstByteMs, mbps: relay.mbps, directMbps: direct.mbps, share: relay.mbps / direct.mbps };
}

async function benchWay(nat: 'symmetric' | 'portRestricted', wanted: Connected['path']) {
  const session = await openBenchSession({ clientNat: nat, providerNats: { de: nat, jp: nat } });
  try {
    const rates: number[] = [];
    const runs: Connected[] = [await session.connect()];
    for (let n = 0; n < DOWNLOADS; n++) {
      const run = await session.connect(async (fetch) => {
        const seconds = Number(await fetch('https://one.example/20mb', ['-o', '/dev/null', '-w', '%{time_total}']));
        rates.push((BLOB_BYTES * 8) / 1e6 / seconds);
      });
      if (run.path !== wanted) throw new Error(`two ${nat} homes were joined ${run.path}, not ${wanted}`);
      runs.push(run);
    }
    const firstByteMs = median(runs.slice(1).map(({ upMs, pageMs }) => upMs + pageMs));
    return { firstByteMs, mbps: median(rates) };
  } finally {
    await session.close();
  }
}
