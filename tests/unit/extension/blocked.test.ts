/** The page in the place of a blocked one: why, and that only it can let a site out. */
import { describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../../extension/background/commands.ts';
import { blockedAddress, blockedTarget } from '../../../extension/blocked-address.ts';
import type { BlockedView, View } from '../../../extension/messages.ts';
import { PASS_MS } from '../../../extension/routing/passes.ts';
import { blockedReason, loads } from '../../../extension/ui/blocked-reason.ts';
import { background, withWallet } from './background.ts';
import { exitInput, nodeRef, payee, rule } from './tables.ts';
import { READY } from './views.ts';

const URL_ = 'https://www.one.example/secret-path';
const ASKER = { tab: 7 };
const noted = { tab: 7, url: URL_, up: false };

async function protectedBackground() {
  const all = await withWallet();
  await runCommand({ name: 'default', exit: nodeRef(1, 'DE') }, all.core);
  await runCommand({ name: 'protect', on: true }, all.core);
  return all;
}

describe('direct once', () => {
  test('is refused to every window but the one that stands for a blocked page', async () => {
    const { core } = await protectedBackground();
    await expect(runCommand({ name: 'blocked.direct' }, core, ASKER)).rejects.toMatchObject({ code: 'internal' });
    await core.blocked.note(noted);
    await expect(runCommand({ name: 'blocked.direct' }, core)).rejects.toMatchObject({ code: 'internal' });
    await expect(runCommand({ name: 'blocked.direct' }, core, { tab: 8 })).rejects.toMatchObject({ code: 'internal' });
    expect(core.desired.passes).toEqual([]);
    await runCommand({ name: 'blocked.direct' }, core, ASKER);
    expect(core.desired.passes).toMatchObject([{ host: 'one.example', tab: 7 }]);
  });

  test('is shown while it holds, and ends with its time', async () => {
    const { core, clock, control } = await protectedBackground();
    await core.blocked.note(noted);
    await runCommand({ name: 'blocked.direct' }, core, ASKER);
    expect(core.view().passes).toEqual([{ host: 'one.example', until: clock.now() + PASS_MS }]);
    expect(control.calls.at(-1)).toMatchObject({ passes: [{ host: 'one.example' }] });
    clock.advance(PASS_MS);
    await vi.waitFor(() => expect(control.calls.at(-1)).toMatchObject({ passes: [] }));
    expect(core.view().passes).toEqual([]);
  });

  test.each([
    ['the tab is closed', (core) => core.tabClosed(7)],
    ['the user ends it', (core) => runCommand({ name: 'pass.end', host: 'one.example' }, core)],
    ['protection is switched off', (core) => runCommand({ name: 'protect', on: false }, core)],
  ] satisfies [string, (core: Awaited<ReturnType<typeof background>>['core']) => Promise<unknown>][])(
    'ends when %s',
    async (_, end) => {
      const { core } = await protectedBackground();
      await core.blocked.note(noted);
      await runCommand({ name: 'blocked.direct' }, core, ASKER);
      await end(core);
      expect(core.desired.passes).toEqual([]);
    },
  );

  test('a background that slept knows it; a new browser does not, and nothing of it is on the disk', async () => {
    const { core, local, session } = await protectedBackground();
    await core.blocked.note(noted);
    await runCommand({ name: 'blocked.direct' }, core, ASKER);
    expect(
      JSON.stringify(await Promise.all(['settings', 'passes', 'blocked'].map((key) => local.get(key)))),
    ).not.toContain('one.example');
    const awake = await background(local, session);
    expect(awake.core.desired.passes).toMatchObject([{ host: 'one.example' }]);
    expect(awake.core.blocked.of(7)?.url).toBe(URL_);
    const restarted = await background(local);
    expect(restarted.core.desired.passes).toEqual([]);
  });

  test('is no step that undo could bring back, and no rule', async () => {
    const { core } = await protectedBackground();
    const { table } = core.settings.current;
    await core.blocked.note(noted);
    await runCommand({ name: 'blocked.direct' }, core, ASKER);
    expect(core.settings.current.table).toBe(table);
  });
});

test('a page of the blocked tab learns what is blocked and why', async () => {
  const { core } = await protectedBackground();
  expect(await runCommand({ name: 'blocked' }, core, ASKER)).toEqual({ page: null });
  await core.blocked.note(noted);
  expect(await runCommand({ name: 'blocked' }, core, ASKER)).toMatchObject({
    page: { url: URL_, exitId: `node:${payee(1)}`, up: false, decision: { why: 'otherwise' } },
  });
  await core.blocked.forget(7);
  expect(await runCommand({ name: 'blocked' }, core, ASKER)).toEqual({ page: null });
});

describe('the address of our page', () => {
  const PAGE = 'chrome-extension://abc/ui/page/index.html';

  test('carries what is blocked, whole', () => {
    const target = 'https://one.example/a?b=c&d=%20#e';
    expect(blockedTarget(PAGE, blockedAddress(PAGE, target))).toBe(target);
  });

  test.each([
    `${PAGE}#/blocked?u=javascript%3Aalert(1)`,
    `${PAGE}#/blocked?u=file%3A%2F%2F%2Fetc%2Fpasswd`,
    `${PAGE}#/blocked?u=%E0%A4%A`,
    `${PAGE}#/rules`,
    'https://one.example/#/blocked?u=https%3A%2F%2Ftwo.example',
  ])('names nothing that is no web page: %s', (address) => expect(blockedTarget(PAGE, address)).toBeNull());
});

describe('why a page is blocked', () => {
  const exitId = `node:${payee(1)}`;
  const page = (part: Partial<BlockedView> = {}): BlockedView => ({
    url: URL_,
    decision: { why: 'otherwise', rule: null, action: { kind: 'default' } },
    exitId,
    up: false,
    ...part,
  });
  const view = (part: Partial<View>): View => ({
    ...READY,
    protection: { state: 'blocked', why: 'exit', up: 0, total: 1 },
    ...part,
  });
  const { proxy: _, ...bare } = exitInput(exitId);
  const exit = (state: 'connecting' | 'protected' | 'blocked'): View['exits'] => [
    { ...bare, state, isDefault: true, country: 'DE', pinned: true },
  ];
  const block = rule('domain', 'one.example', { kind: 'block' });

  test.each<[BlockedView, Partial<View>, string]>([
    [page(), { exits: exit('blocked') }, 'exit'],
    [page(), { exits: exit('connecting') }, 'connecting'],
    [page(), { exits: [] }, 'connecting'],
    [page(), { exits: exit('protected') }, 'up'],
    [page(), { exits: exit('blocked'), unlockNeeded: true }, 'unlock'],
    [page({ exitId: null }), {}, 'noExit'],
    [page({ decision: { why: 'rule', rule: block, action: block.action } }), {}, 'rule'],
    [page(), { settingsBroken: true }, 'settings'],
    [page(), { host: { status: 'missing', version: null, error: null, facts: null } }, 'trouble'],
    [page(), { protection: { state: 'off', why: 'conflict', up: 0, total: 1 } }, 'trouble'],
    [page(), { protection: { state: 'off', why: 'asked', up: 0, total: 1 } }, 'over'],
  ])('%#: %o', (given, part, kind) => {
    const reason = blockedReason(view(part), given);
    expect(reason.kind).toBe(kind);
    expect(loads(reason)).toBe(kind === 'up');
  });
});
