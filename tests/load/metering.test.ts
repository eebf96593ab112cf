/**
 * Two counts of the same bytes, by two machines that do not trust each other: over a line that loses
 * packets, out of a sender that is driven to its limit, and at the gate.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BLOB_BYTES } from '../lab/origins.ts';
import { inNamespace } from '../lab/run.ts';
import { MEGABYTE, ONE, PER_MB, ProviderLab, type ScriptedClient, until, type Wallet } from '../net/provider-lab.ts';

let lab: ProviderLab;
let client: ScriptedClient;
let wallet: Wallet;
beforeAll(async () => {
  lab = await ProviderLab.create();
  await lab.start();
  client = await lab.client();
  wallet = await lab.wallet('10');
  await wallet.open(lab.account, '5', 1440);
});
afterAll(() => lab?.close());

const connect = () => client.ask({ verb: 'connect', did: lab.did, payer: wallet.account, signerKey: wallet.signerKey });
const download = () => client.ask<{ bytes: number; ms: number }>({ verb: 'get', address: ONE, path: '/20mb' });

/** What each side counted, and that nobody is in dispute. */
async function bothCounts() {
  const mine = await client.state();
  const theirs = (await lab.status()).sessions[0];
  expect([mine.lost, mine.trouble]).toEqual([null, null]);
  expect([mine.gate, theirs?.gate]).toEqual([true, 'open']);
  const sent = theirs?.txBytes ?? 0;
  return { received: mine.rxBytes, sent, drift: (sent - mine.rxBytes) / sent };
}

describe('an honest pair', () => {
  test('stays together over a line that loses one packet in twenty, both ways', async () => {
    await connect();
    const { router } = lab.lab.home('cli');
    const loss = `table inet loss {
      chain way {
        type filter hook forward priority -10; policy accept;
        meta l4proto udp numgen random mod 100 < 5 counter drop
      }
    }`;
    await inNamespace(router, 'nft', ['-f', '-'], loss);
    const { bytes, ms } = await download();
    const dropped = /packets (\d+)/.exec(await inNamespace(router, 'nft', ['list', 'table', 'inet', 'loss']))?.[1];
    await inNamespace(router, 'nft', ['delete', 'table', 'inet', 'loss']);
    const counts = await bothCounts();
    console.info('5 % loss', JSON.stringify({ ms, dropped, ...counts }));
    expect(bytes).toBe(BLOB_BYTES);
    expect(Number(dropped)).toBeGreaterThan(200);
    // The line really lost some of what the provider counted, and nobody paid for more than the rule forgives.
    expect(counts.drift).toBeGreaterThan(0.01);
    const { spentSession, rxBytes, txBytes } = await client.state();
    const paid = Number((BigInt(spentSession) * BigInt(MEGABYTE)) / PER_MB);
    expect(paid).toBeLessThan((rxBytes + txBytes) * 1.03 + 262_144 + 2 * MEGABYTE);
    await client.ask({ verb: 'leave' });
  });

  test('stays together while the sender is driven to its limit', async () => {
    await connect();
    const started = performance.now();
    const all = await Promise.all([download(), download(), download(), download()]);
    const seconds = (performance.now() - started) / 1000;
    const counts = await bothCounts();
    const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
    console.info('saturated', JSON.stringify({ mbps: Math.round((8 * bytes) / seconds / 1e6), ...counts }));
    expect(bytes).toBe(4 * BLOB_BYTES);
    expect(counts.drift).toBeLessThan(0.1);
    await client.ask({ verb: 'leave' });
  });
});

test('the gate opens with the next proof', async () => {
  await connect();
  await client.ask({ verb: 'stream', address: ONE });
  await until('bytes flow', async () => (await client.state()).streamed > MEGABYTE);
  await client.ask({ verb: 'pay', on: false });
  await until('the gate is shut', async () => !(await client.state()).gate, 40_000);
  await client.ask({ verb: 'pay', on: true });
  const open = await until('the gate is open', async () => {
    const now = await client.state();
    return now.gate && now.openedAfterMs !== null && now;
  });
  console.info('gate open after the proof:', open.openedAfterMs?.toFixed(1), 'ms');
  // A proof up, a verdict, netd's set, a word back: some milliseconds; the promise is 100.
  expect(open.openedAfterMs).toBeLessThan(100);
});
