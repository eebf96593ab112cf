import { describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../../extension/background/commands.ts';
import type { CommandResults } from '../../../extension/messages.ts';
import { background, withWallet } from './background.ts';
import { snapshot, storage } from './fake-browser.ts';
import { exitInput, nodeRef, payee, rule } from './tables.ts';

const NODE = nodeRef(1, 'DE');
const node = (n: number) => ({
  did: nodeRef(n, 'DE').did,
  payee: payee(n),
  country: 'DE',
  city: 'Kassel',
  asn: 3320,
  network: 'Telekom',
  residential: true,
  pricePerMB: String(100 + n),
  capacityMbps: 100,
  latencyMs: 12,
  online: true,
});
const parsed = (n: number) => ({ ...node(n), pricePerMB: BigInt(100 + n) });
type All = Awaited<ReturnType<typeof withWallet>>;
const bookOf = async ({ core }: All) => (await runCommand({ name: 'book' }, core)) as CommandResults['book'];

describe('a blocked node', () => {
  test('is in every intent, and no rule names it any more; unblocking brings the rules back', async () => {
    const all = await withWallet();
    const { core } = all;
    core.windowOpened();
    const port = all.welcomed();
    await runCommand({ name: 'default', exit: NODE }, core);
    await runCommand({ name: 'rule.upsert', rule: rule('domain', 'one.example', NODE) }, core);
    await runCommand({ name: 'protect', on: true }, core);
    await runCommand({ name: 'node.mark', node: NODE, mark: 'blocked', on: true }, core);
    expect(port.of('intent').at(-1)).toMatchObject({ avoid: [NODE.did], exits: [{ exitId: 'country:DE' }] });
    expect(JSON.stringify(core.settings.current.table)).not.toContain(NODE.did);
    await runCommand({ name: 'node.mark', node: NODE, mark: 'blocked', on: false }, core);
    expect(port.of('intent').at(-1)).not.toHaveProperty('avoid');
    expect(core.settings.current.table).toMatchObject({ defaultExit: NODE, rules: [{ action: NODE }] });
  });

  test('taken back after the rules were changed leaves them as they are', async () => {
    const { core } = await withWallet();
    await runCommand({ name: 'default', exit: NODE }, core);
    await runCommand({ name: 'node.mark', node: NODE, mark: 'blocked', on: true }, core);
    await runCommand({ name: 'default', exit: { kind: 'any' } }, core);
    await runCommand({ name: 'node.mark', node: NODE, mark: 'blocked', on: false }, core);
    expect(core.settings.current.table.defaultExit).toEqual({ kind: 'any' });
  });

  test('is still blocked after a restart, from the first intent on', async () => {
    const before = await withWallet();
    await runCommand({ name: 'node.mark', node: NODE, mark: 'blocked', on: true }, before.core);
    await runCommand({ name: 'protect', on: true }, before.core);
    const after = await background(before.local, storage());
    expect(after.welcomed().of('intent')[0]).toMatchObject({ avoid: [NODE.did] });
  });

  test('of a strange form is refused', async () => {
    const { core } = await withWallet();
    const strange = { ...NODE, did: 'did:web:example.org' } as unknown as typeof NODE;
    await expect(runCommand({ name: 'node.mark', node: strange, mark: 'blocked', on: true }, core)).rejects.toThrow();
  });
});

describe('what is remembered of nodes', () => {
  test('all pages of the host, with today\u2019s prices, and no end when it repeats itself', async () => {
    const all = await withWallet();
    all.core.windowOpened();
    const port = all.welcomed();
    port.onSent = (message) => {
      if (message.type !== 'request') return;
      const cursor = (message.body.params as { cursor: number }).cursor;
      port.say({
        type: 'response',
        id: message.id,
        result: { nodes: [node(cursor === 0 ? 1 : 2)], next: 200, total: 2 },
      });
    };
    const page = (await runCommand({ name: 'nodes' }, all.core)) as CommandResults['nodes'];
    expect(page.nodes.map(({ payee }) => payee)).toEqual([payee(1), payee(2)]);
    const { book } = await bookOf(all);
    expect(book.known.map(({ prices }) => prices.map(({ wei }) => wei))).toEqual([['101'], ['102']]);
  });

  test('a session: a recent node at once, sums on disk when it ends, its hour in memory only', async () => {
    const all = await withWallet();
    all.core.windowOpened();
    const port = all.welcomed();
    const up = { node: parsed(1), upAt: 5, rxBytes: 3_000, txBytes: 40, spentSession: 9n };
    port.say(snapshot(0, [exitInput('any', up)]));
    await vi.waitFor(async () => expect((await bookOf(all)).sessions).toMatchObject([{ startedAt: 5, endedAt: null }]));
    expect((await bookOf(all)).book.recents).toMatchObject([{ did: NODE.did, label: 'Kassel' }]);
    port.say(snapshot(1, []));
    await vi.waitFor(async () => {
      const { book, sessions } = await bookOf(all);
      expect(sessions).toMatchObject([{ down: 3_000, up: 40, spent: '9' }]);
      expect(book.known[0]?.use).toMatchObject({ sessions: 1, bytes: 3_040, spent: '9' });
    });
    expect(JSON.stringify(await all.local.get('nodes'))).not.toContain('startedAt');
    await runCommand({ name: 'book.forget' }, all.core);
    expect(await bookOf(all)).toMatchObject({ book: { recents: [], known: [] }, sessions: [] });
  });

  test('a host that dies ends its sessions', async () => {
    const all = await withWallet();
    await runCommand({ name: 'protect', on: true }, all.core);
    all.welcomed().say(snapshot(0, [exitInput('any', { node: parsed(1), upAt: 5, rxBytes: 7 })]));
    await vi.waitFor(async () => expect((await bookOf(all)).sessions).toHaveLength(1));
    all.host().die();
    await vi.waitFor(async () => expect((await bookOf(all)).book.known[0]?.use?.bytes).toBe(7));
  });

  test('a book that cannot be read is put aside', async () => {
    const local = storage({ nodes: { version: 7 } });
    const { core } = await background(local);
    expect(core.nodes.book.blocked).toEqual([]);
    expect(local.items.get('nodes.unreadable')).toEqual({ version: 7 });
  });
});
