// @vitest-environment happy-dom
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Command, SiteView, View } from '../../../extension/messages.ts';
import { EMPTY_BOOK } from '../../../extension/nodes/book.ts';
import { decide } from '../../../extension/routing/match.ts';
import type { RouteTable } from '../../../extension/routing/rules.ts';
import { TEST } from '../../../extension/ui/testids.ts';
import { payee, rule, table, exit as tableExit } from './tables.ts';
import { NODES, READY } from './views.ts';

const sent: Command[] = [];
let uses: SiteView['uses'] = [];
/** What the background would say of a page, by the table that is on screen. */
const site = (host: string): SiteView => ({ decision: decide(routeTable.value ?? table({}), { host }), uses });
let refuse: { code: string; message: string; action: string } | null = null;

vi.mock('../../../extension/browser.ts', async () => {
  const en = (await import('../../../extension/public/_locales/en/messages.json')).default as Record<
    string,
    { message: string }
  >;
  return {
    FIREFOX: false,
    containers: async () => [],
    message: (key: string, ...subs: string[]) =>
      (en[key]?.message ?? '').replace(/\$(\d)/g, (_, n) => subs[Number(n) - 1] ?? ''),
    browser: {
      i18n: { getUILanguage: () => 'en' },
      runtime: { id: 'abc', getURL: (path: string) => path },
      storage: { session: { set: async () => {} } },
      tabs: {
        query: async () => [{ url: 'https://www.one.example/x' }],
        onActivated: { addListener() {}, removeListener() {} },
      },
    },
  };
});
vi.mock('../../../extension/ui/link.ts', async () => {
  const { signal } = await import('@preact/signals');
  const { WarrenError } = await import('../../../shared/base/errors.ts');
  const send = async (command: Command) => {
    // Every window that offers nodes asks for it.
    if (command.name === 'book') return { book: EMPTY_BOOK, sessions: [], revision: 1 };
    sent.push(command);
    if (refuse) throw new WarrenError('password_wrong', refuse.message, refuse.action);
    if (command.name === 'nodes') return { nodes: NODES, total: NODES.length };
    if (command.name === 'site') return site(command.host);
    return null;
  };
  return {
    view: signal(null),
    awake: signal(true),
    live: signal(true),
    send,
    fire: (command: Command) => void send(command).catch(() => {}),
  };
});
vi.mock('../../../extension/ui/table.ts', async () => {
  const { signal } = await import('@preact/signals');
  const current = signal<RouteTable | null>(null);
  return {
    table: current,
    watchTable: () => () => {},
    changeTable: (part: Partial<RouteTable>) => sent.push({ name: 'table.change', part }),
  };
});
vi.mock('uplot', () => ({ default: class {} }));
vi.mock('uplot/dist/uPlot.min.css', () => ({}));
vi.mock('../../../shared/ui/Chart.tsx', () => ({ Chart: () => null }));

const { view } = await import('../../../extension/ui/link.ts');
const { table: routeTable } = await import('../../../extension/ui/table.ts');
const { errorText } = await import('../../../extension/ui/i18n.ts');
const { default: english } = await import('../../../extension/public/_locales/en/messages.json');
const { nodes, nodesState } = await import('../../../extension/ui/nodes.ts');
const { Popup } = await import('../../../extension/ui/popup/Popup.tsx');
const { Rules } = await import('../../../extension/ui/components/Rules.tsx');
const { ApprovalSheet } = await import('../../../extension/ui/components/ApprovalSheet.tsx');

const find = (id: keyof typeof TEST, more = '') =>
  document.querySelector<HTMLElement & HTMLInputElement>(`[data-testid="${TEST[id]}"]${more}`);
const all = (id: keyof typeof TEST) => [...document.querySelectorAll<HTMLElement>(`[data-testid="${TEST[id]}"]`)];

async function show(what: Parameters<typeof render>[0], state: View, rules = table({})): Promise<void> {
  view.value = state;
  routeTable.value = rules;
  await act(() => render(what, document.body));
}
const click = (element: HTMLElement | null) => act(() => void element?.click());
async function type(element: HTMLInputElement | null, text: string): Promise<void> {
  await act(() => {
    if (element) element.value = text;
    element?.dispatchEvent(new Event('input', { bubbles: true }));
  });
}
const submit = (element: HTMLElement | null) =>
  act(async () => {
    element?.closest('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
    await Promise.resolve();
  });

beforeEach(() => {
  HTMLDialogElement.prototype.showModal ??= () => {};
  sent.length = 0;
  refuse = null;
  nodes.value = [];
  uses = [];
  nodesState.value = 'idle';
});
afterEach(() => {
  render(null, document.body);
});

describe('the popup', () => {
  test('says one of four words, as text, as data and as the switch’s state', async () => {
    for (const [state, word, checked] of [
      ['off', 'Not protected', 'false'],
      ['connecting', 'Connecting', 'true'],
      ['protected', 'Protected', 'true'],
      ['blocked', 'Blocked', 'true'],
    ] as const) {
      await show(<Popup />, { ...READY, protection: { state, why: 'up', up: 0, total: 1 } });
      expect(find('stateText')?.textContent).toBe(word);
      expect(find('stateText')?.dataset.state).toBe(state);
      expect(find('connectSwitch')?.getAttribute('aria-checked')).toBe(checked);
      expect(find('stateText')?.closest('[aria-live]')).not.toBeNull();
    }
  });

  test('connects with one press when the wallet is open', async () => {
    await show(<Popup />, READY);
    await click(find('connectSwitch'));
    expect(sent).toContainEqual({ name: 'protect', on: true });
  });

  test('asks for the password first when it is locked, says when it is wrong, and connects after', async () => {
    await show(<Popup />, { ...READY, wallet: { ...READY.wallet, unlocked: false } });
    await click(find('connectSwitch'));
    expect(sent).not.toContainEqual({ name: 'protect', on: true });
    refuse = { code: 'password_wrong', message: 'no', action: '' };
    await type(find('unlockPassword'), 'wrong');
    await submit(find('unlockPassword'));
    await vi.waitFor(() => expect(find('unlockError')?.textContent).toBe('This password does not open the wallet.'));
    expect(find('unlockError')?.getAttribute('role')).toBe('alert');
    refuse = null;
    await submit(find('unlockPassword'));
    await vi.waitFor(() => expect(sent.at(-1)).toEqual({ name: 'protect', on: true }));
  });

  test.each([
    ['missing', 'host_missing', true],
    ['tooOld', 'host_too_old', true],
    ['tooNew', 'version_unsupported', false],
    ['broken', 'host_broken', true],
  ] as const)('with the host %s shows its own screen, and how to install it', async (status, code, command) => {
    await show(<Popup />, { ...READY, host: { ...READY.host, status } });
    expect(find('errorScreen')?.dataset.code).toBe(code);
    expect(find('errorCommand') !== null).toBe(command);
    await click(find('errorRetry'));
    expect(sent).toContainEqual({ name: 'host.retry' });
    expect(find('connectSwitch')).toBeNull();
  });

  test.each([
    'delegate_expired',
    'delegate_unknown',
    'signature_invalid',
    'handshake_replayed',
    'channel_unfunded',
    'channel_closing',
    'funds_insufficient',
    'node_offline',
  ] as const)('an exit that failed with %s says what happened, what to do, and offers another try', async (code) => {
    const error = { code, message: `What ${code} means.`, action: `What to do about ${code}.` };
    const { proxy: _, ...failed } = tableExit('main', { phase: 'failed', error });
    const money = { spentSession: '0', spentTotal: '0', pricePerMB: null, deposit: null, refunded: null } as const;
    const bare = { ...failed, ...money, node: null, need: null };
    const exits = [{ ...bare, state: 'blocked', isDefault: true, country: 'DE', pinned: false } as const];
    await show(<Popup />, { ...READY, exits, protection: { state: 'blocked', why: 'exit', up: 0, total: 1 } });
    const text = find('exitRow')?.textContent ?? '';
    // Our own words where there are some, else those of the error itself.
    const words = errorText(error);
    expect(text).toContain(words.message);
    expect(text).toContain(words.action);
    expect(words.message === error.message).toBe(!(`error_${code}` in english));
    await click(find('exitRetry'));
    expect(sent).toContainEqual({ name: 'exit.retry', exitId: 'main' });
  });

  test('with another extension in charge says not protected, and can be switched off', async () => {
    const protection = { state: 'off', why: 'conflict', up: 0, total: 1 } as const;
    await show(<Popup />, { ...READY, applied: 'conflict', protection });
    expect(find('errorScreen')?.dataset.code).toBe('proxy_conflict');
    expect(find('errorScreen')?.textContent).toContain('Not protected');
    const off = [...document.querySelectorAll('button')].find((button) => button.textContent === 'Turn protection off');
    await click(off ?? null);
    expect(sent).toContainEqual({ name: 'protect', on: false });
  });

  test('routes the site in view with two presses, without its www', async () => {
    await show(<Popup />, READY);
    await vi.waitFor(() => expect(find('siteRoute')?.textContent).toContain('one.example'));
    await click(find('siteRouteVia'));
    await vi.waitFor(() => expect(document.querySelector('[data-key="country:JP"]')).not.toBeNull());
    await click(document.querySelector<HTMLElement>('[data-key="country:JP"]'));
    expect(sent.at(-1)).toMatchObject({
      name: 'rule.upsert',
      rule: { match: { kind: 'domain', text: 'one.example' }, action: { kind: 'country', country: 'JP' } },
    });
  });

  test('counts the ways of a page’s parts, and takes along with one press what went another way', async () => {
    const routed = rule('domain', 'one.example', { kind: 'country', country: 'JP' });
    uses = [
      { host: 'one.example', way: 'country:JP', count: 3, stray: false },
      { host: 'cdn.other.example', way: 'direct', count: 2, stray: true },
    ];
    await show(<Popup />, READY, table({ rules: [routed] }));
    await vi.waitFor(() => expect(find('siteStray')?.textContent).toContain('cdn.other.example'));
    expect(all('siteWay').map(({ dataset }) => [dataset.key, dataset.value])).toEqual([
      ['country:JP', '3'],
      ['direct', '2'],
    ]);
    await click(find('siteJoin'));
    expect(sent).toContainEqual({ name: 'rule.join', ruleId: routed.id, hosts: ['cdn.other.example'] });
  });

  test('opens each tab at its top, however far the one before was scrolled', async () => {
    await show(<Popup />, READY);
    const main = () => document.querySelector('main') as HTMLElement;
    for (const tab of ['tabWallet', 'tabConnect'] as const) {
      main().scrollTop = 120;
      await click(find(tab));
      await vi.waitFor(() => expect(main().childElementCount).toBeGreaterThan(0));
      expect(find(tab)?.getAttribute('aria-current')).toBe('page');
      expect(main().scrollTop).toBe(0);
    }
  });

  test('shows money and traffic exactly, beside their words', async () => {
    const totals = {
      down: 1_500_000,
      up: 20,
      downRate: 125_000,
      upRate: 0,
      spent: '1234567890000000000',
      perHour: '7',
    };
    await show(<Popup />, { ...READY, totals, protection: { state: 'protected', why: 'up', up: 1, total: 1 } });
    expect(find('spent')?.dataset.value).toBe('1234567890000000000');
    expect(find('spent')?.textContent).toBe('1.2345 MYST');
    expect(find('bytesDown')?.textContent).toContain('1.5 MB');
    expect(find('speedDown')?.textContent).toContain('1 Mbit/s');
    expect(find('speedDown')?.dataset.value).toBe('125000');
  });
});

describe('the approval sheet', () => {
  const approval = {
    id: 'open:x:1',
    kind: 'open',
    payee: payee(1),
    node: { country: 'DE', city: 'Kassel', network: null },
    amount: '2000000000000000000',
    minAmount: '1000000000000000000',
    editable: true,
    pricePerMB: '1000000000000',
    graceMinutes: 1440,
    maxFee: '360000000000000',
    maxFeeInToken: null,
    transactions: 1,
    to: null,
    autoStop: null,
    problem: null,
  } as const;

  test('names amount, fee, price, the worst case and what happens next', async () => {
    await show(<ApprovalSheet />, { ...READY, approvals: [approval] });
    const text = find('approval')?.textContent ?? '';
    expect(find('approvalAmount')?.value).toBe('2');
    expect(find('approvalFee')?.dataset.value).toBe('360000000000000');
    expect(find('approvalTotal')?.dataset.value).toBe('2000000000000000000');
    expect(text).toContain('Germany');
    expect(text).toContain('Network fee, at most');
    expect(text).toContain('0.00036 ETH');
    expect(text).toContain('24\u00a0h after you ask');
    await submit(find('approvalAmount'));
    expect(sent).toEqual([{ name: 'approve', id: approval.id, amount: '2000000000000000000' }]);
  });

  test.each([
    ['0.5', 'takes 1 or more'],
    ['9', 'not that much'],
    ['two', 'Enter an amount'],
    ['', 'Enter an amount'],
  ])('with %j typed it says what is wrong and cannot be approved', async (typed, words) => {
    await show(<ApprovalSheet />, { ...READY, approvals: [approval] });
    await type(find('approvalAmount'), typed);
    expect(find('approvalError')?.textContent).toContain(words);
    expect(find('approvalApprove')?.disabled).toBe(true);
  });

  test('without coin for the fee it says so', async () => {
    await show(<ApprovalSheet />, { ...READY, approvals: [{ ...approval, problem: 'coin' }] });
    expect(find('approvalError')?.textContent).toContain('not enough ETH');
    expect(find('approvalApprove')?.disabled).toBe(true);
  });

  test('locked, it asks for the password instead of a signature', async () => {
    await show(<ApprovalSheet />, { ...READY, wallet: { ...READY.wallet, unlocked: false }, approvals: [approval] });
    expect(find('approvalApprove')).toBeNull();
    expect(find('unlockPassword')).not.toBeNull();
  });
});

describe('the rules editor', () => {
  const rules = [rule('domain', 'one.example', { kind: 'block' }), rule('host', 'two.example', { kind: 'direct' })];

  test('moves, switches and deletes a rule by sending the whole new list', async () => {
    await show(<Rules />, READY, table({ rules }));
    await click(all('ruleDown')[0] ?? null);
    expect(sent.at(-1)).toEqual({ name: 'table.change', part: { rules: [rules[1], rules[0]] } });
    await click(all('ruleDelete')[1] ?? null);
    expect(sent.at(-1)).toEqual({ name: 'table.change', part: { rules: [rules[0]] } });
  });

  test('says what is wrong with a pattern and saves nothing', async () => {
    await show(<Rules />, READY);
    await click(find('ruleAdd'));
    await type(find('ruleMatchText'), 'two words');
    await submit(find('ruleMatchText'));
    expect(find('ruleError')?.textContent).toBe('This is no host name or address.');
    expect(sent.filter(({ name }) => name === 'table.change')).toEqual([]);
  });

  test('the tester says the route and the reason', async () => {
    await show(<Rules />, READY, table({ rules }));
    await type(find('testerInput'), 'https://shop.one.example/cart');
    expect(find('testerResult')?.dataset.state).toBe('blocked');
    expect(find('testerResult')?.textContent).toContain('because of the rule for one.example');
    await type(find('testerInput'), '192.168.1.1');
    expect(find('testerResult')?.dataset.state).toBe('local');
  });

  test('the tester asks in which window, once a rule counts in some only', async () => {
    const scoped = { ...rule('domain', 'one.example', { kind: 'block' }), scope: { kind: 'private' as const } };
    await show(<Rules />, READY, table({ rules }));
    expect(find('testerWindow')).toBeNull();
    await show(<Rules />, READY, table({ rules: [scoped] }));
    await type(find('testerInput'), 'one.example');
    expect(find('testerResult')?.dataset.state).toBe('direct');
    await act(() => {
      const window = find('testerWindow') as unknown as HTMLSelectElement;
      window.value = 'private';
      window.dispatchEvent(new Event('change', { bubbles: true }));
    });
    expect(find('testerResult')?.dataset.state).toBe('blocked');
  });
});
