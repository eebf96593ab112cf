/** The rules as the background keeps them: changed, undone, ended, refused. */
import { describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../../extension/background/commands.ts';
import { MAX_RULES, type Rule } from '../../../extension/routing/rules.ts';
import { background, withWallet } from './background.ts';
import { storage } from './fake-browser.ts';
import { rule } from './tables.ts';

describe('the rules', () => {
  test('changes are undone one after the other, back to where they began', async () => {
    const { core } = await background();
    const [one, two] = ['one.example', 'two.example'].map((site) => rule('domain', site, { kind: 'block' })) as [
      Rule,
      Rule,
    ];
    expect(core.view().canUndo).toBe(false);
    for (const rules of [[one], [one, two], []]) await runCommand({ name: 'table.change', part: { rules } }, core);
    for (const rules of [[one, two], [one], []]) {
      expect(core.view().canUndo).toBe(true);
      await runCommand({ name: 'rules.undo' }, core);
      expect(core.settings.current.table.rules).toEqual(rules);
    }
    expect(core.view().canUndo).toBe(false);
    await runCommand({ name: 'rules.undo' }, core);
    expect(core.settings.current.table.rules).toEqual([]);
  });

  test('two presses at once are two steps', async () => {
    const { core } = await background();
    const one = rule('domain', 'one.example', { kind: 'block' });
    for (const rules of [[one], []]) await runCommand({ name: 'table.change', part: { rules } }, core);
    await Promise.all([runCommand({ name: 'rules.undo' }, core), runCommand({ name: 'rules.undo' }, core)]);
    expect(core.settings.current.table.rules).toEqual([]);
    expect(core.view().canUndo).toBe(false);
  });

  test('no undo brings a rule back whose hour is over', async () => {
    const { core, clock } = await background();
    const lasting = rule('domain', 'two.example', { kind: 'block' });
    const brief: Rule = { ...rule('domain', 'one.example', { kind: 'direct' }), until: clock.now() + 3_600_000 };
    await runCommand({ name: 'table.change', part: { rules: [lasting, brief] } }, core);
    await runCommand({ name: 'table.change', part: { rules: [] } }, core);
    clock.advance(3_600_000);
    await runCommand({ name: 'rules.undo' }, core);
    expect(core.settings.current.table.rules).toEqual([lasting]);
  });

  test('a window that shows the rules learns by their revision when to ask again, and gets them only then', async () => {
    const { core } = await background();
    const before = core.view().routes.revision;
    await runCommand({ name: 'settings', autoLockMinutes: 5 }, core);
    expect(core.view().routes.revision).toBe(before);
    await runCommand({ name: 'table.change', part: { localDirect: false } }, core);
    expect(core.view().routes.revision).toBeGreaterThan(before);
    expect(await runCommand({ name: 'table' }, core)).toMatchObject({ table: { localDirect: false } });
    expect(JSON.stringify(core.view())).not.toContain('localDirect');
  });

  test('a rule until the restart is gone with the browser, and stays while only the background sleeps', async () => {
    const first = await background();
    const brief: Rule = { ...rule('domain', 'one.example', { kind: 'direct' }), until: 'restart' };
    await runCommand({ name: 'rule.upsert', rule: brief }, first.core);
    const woken = await background(first.local, first.session);
    expect(woken.core.settings.current.table.rules).toHaveLength(1);
    const restarted = await background(first.local, storage());
    expect(restarted.core.settings.current.table.rules).toEqual([]);
    expect(restarted.control.calls).toHaveLength(1);
  });

  test('a rule for an hour ends on the hour, and the browser’s settings follow', async () => {
    const { core, clock, control } = await background();
    const until = clock.now() + 3_600_000;
    await runCommand(
      { name: 'rule.upsert', rule: { ...rule('domain', 'one.example', { kind: 'direct' }), until } },
      core,
    );
    const applied = control.calls.length;
    clock.advance(3_599_000);
    expect(core.settings.current.table.rules).toHaveLength(1);
    clock.advance(1_000);
    await vi.waitFor(() => expect(core.settings.current.table.rules).toEqual([]));
    await vi.waitFor(() => expect(control.calls.length).toBeGreaterThan(applied));
  });

  test('what a page’s rule takes along goes its way from then on, and can be undone', async () => {
    const { core } = await background();
    const routed = rule('domain', 'one.example', { kind: 'country', country: 'JP' });
    await runCommand({ name: 'table.change', part: { rules: [routed], otherwise: { kind: 'direct' } } }, core);
    const routeOf = (host: string) => core.sites.describe(host, null).decision.action;
    expect(routeOf('cdn.other.example')).toEqual({ kind: 'direct' });
    await runCommand({ name: 'rule.join', ruleId: routed.id, hosts: ['cdn.other.example'] }, core);
    expect(routeOf('cdn.other.example')).toEqual(routed.action);
    await runCommand({ name: 'rules.undo' }, core);
    expect(routeOf('cdn.other.example')).toEqual({ kind: 'direct' });
  });

  test('ten thousand of them make what a window is sent no larger than ten do', async () => {
    const { core } = await background();
    const sent = async (count: number) => {
      const actions = [{ kind: 'block' }, { kind: 'direct' }] as const;
      const rules = Array.from({ length: count }, (_, i) =>
        rule('domain', `site${i}.example`, actions[i % 2] ?? actions[0]),
      );
      await runCommand({ name: 'table.change', part: { rules } }, core);
      expect(core.view().routes.count).toBe(count);
      return JSON.stringify(core.view()).length;
    };
    const digits = 2 * String(MAX_RULES).length;
    expect(Math.abs((await sent(MAX_RULES)) - (await sent(10)))).toBeLessThanOrEqual(digits);
  });

  test('a rule about whole addresses is refused in Chromium, in words', async () => {
    const { core } = await background();
    const one = rule('url', '/login', { kind: 'block' });
    const refused = runCommand({ name: 'table.change', part: { rules: [one] } }, core);
    await expect(refused).rejects.toMatchObject({ code: 'rule_unusable' });
  });

  test('a rule that is not valid changes nothing', async () => {
    const { core } = await background();
    const bad = { id: 'x', enabled: true, match: { kind: 'regex', text: '(' }, action: { kind: 'block' } } as const;
    await expect(runCommand({ name: 'table.change', part: { rules: [bad] } }, core)).rejects.toThrow();
    await expect(runCommand({ name: 'rule.upsert', rule: bad }, core)).rejects.toThrow();
    expect(core.settings.current.table.rules).toEqual([]);
  });

  test('a failed exit is taken out of the intent and put back', async () => {
    const { core, welcomed } = await withWallet();
    await runCommand({ name: 'protect', on: true }, core);
    const port = welcomed();
    await runCommand({ name: 'exit.retry', exitId: 'any' }, core);
    expect(port.of('intent').map(({ exits }) => exits.length)).toEqual([1, 0, 1]);
  });
});
