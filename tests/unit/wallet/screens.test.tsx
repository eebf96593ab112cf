// @vitest-environment happy-dom
/** The wallet's page: what stands on it in each state, and what its buttons ask for. */
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ChannelView, Command, HistoryEntry, View } from '../../../extension/messages.ts';
import { TEST } from '../../../extension/ui/testids.ts';
import { payee } from '../extension/tables.ts';
import { READY } from '../extension/views.ts';

const sent: Command[] = [];
vi.mock('../../../extension/browser.ts', async () => {
  const words = await import('../../../extension/public/_locales/en/messages.json');
  const en = words.default as Record<string, { message: string }>;
  return {
    FIREFOX: false,
    message: (key: string, ...subs: string[]) =>
      (en[key]?.message ?? '').replace(/\$(\d)/g, (_, n) => subs[Number(n) - 1] ?? ''),
    browser: { i18n: { getUILanguage: () => 'en' }, runtime: { id: 'abc', getURL: (path: string) => path } },
  };
});
vi.mock('../../../extension/ui/link.ts', async () => {
  const { signal } = await import('@preact/signals');
  const { checkAddress } = await import('../../../extension/wallet/address-check.ts');
  const facts = { own: payee(5), contracts: [payee(7)], sentTo: [], seen: [] };
  const send = async (command: Command) => {
    sent.push(command);
    if (command.name === 'wallet.older') return { entries: [] };
    return command.name === 'wallet.checkAddress' ? { checked: checkAddress(command.text, facts) } : null;
  };
  return { view: signal(null), awake: signal(true), send, fire: (command: Command) => void send(command) };
});
const { view } = await import('../../../extension/ui/link.ts');
const { WalletPanel } = await import('../../../extension/ui/components/WalletPanel.tsx');

const MYST = 10n ** 18n;
const CHANNEL: ChannelView = {
  payee: payee(1),
  signer: payee(9),
  country: 'DE',
  label: 'Kassel',
  state: 'open',
  deposit: String(2n * MYST),
  spent: String(MYST / 2n),
  closeAt: 0,
  graceMinutes: 60,
  exists: true,
  connected: false,
};
const ENTRY: HistoryEntry = {
  id: 'x',
  kind: 'claim',
  at: Date.now(),
  amount: String(MYST),
  country: 'DE',
  payee: payee(1),
  counterparty: null,
  hash: `0x${'ab'.repeat(32)}`,
  block: 7,
  status: 'confirmed',
  confirmations: 3,
  fee: null,
  reason: null,
  auto: false,
  retry: false,
};

const find = (id: keyof typeof TEST) =>
  document.querySelector<HTMLElement & HTMLInputElement>(`[data-testid="${TEST[id]}"]`);
const text = () => document.body.textContent ?? '';
async function show(wallet: Partial<View['wallet']>, network: Partial<NonNullable<View['network']>> = {}) {
  const base = READY.network as NonNullable<View['network']>;
  view.value = { ...READY, network: { ...base, ...network }, wallet: { ...READY.wallet, ...wallet } };
  await act(() => render(<WalletPanel onSetup={() => {}} />, document.body));
}
const click = (element: HTMLElement | null) => act(async () => element?.click());
const type = (element: HTMLInputElement | null, value: string) =>
  act(async () => {
    if (element) element.value = value;
    element?.dispatchEvent(new Event('input', { bubbles: true }));
  });
const submit = (element: HTMLElement | null) =>
  act(async () => {
    element?.closest('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
  });

beforeEach(() => {
  sent.length = 0;
  render(null, document.body);
});

describe('a deposit', () => {
  test('names what is left, what is spent, and can be filled or closed', async () => {
    await show({ channels: [CHANNEL] });
    expect(find('channelLeft')?.dataset.value).toBe(String((3n * MYST) / 2n));
    expect(find('channelSpent')?.dataset.value).toBe(String(MYST / 2n));
    await click(find('channelClose'));
    expect(sent).toEqual([{ name: 'channel.request', payee: payee(1), signer: payee(9), action: 'requestClose' }]);
  });

  test('that is in use is not closed under its node', async () => {
    await show({ channels: [{ ...CHANNEL, connected: true }] });
    expect(find('channelClose')?.disabled).toBe(true);
    expect(text()).toContain('When you disconnect');
  });

  test('on notice counts down and can be kept; free again it can be taken back', async () => {
    const closeAt = Math.floor(Date.now() / 1000) + 3_725;
    await show({ channels: [{ ...CHANNEL, state: 'closing', closeAt }] });
    expect(find('timeLeft')?.textContent).toMatch(/^Free in 01:02:0\d$/);
    expect(find('channelClose')?.disabled).toBe(true);
    expect(find('channelTopUp')?.textContent).toBe('Keep');
    await show({ channels: [{ ...CHANNEL, state: 'due', closeAt: 1 }] });
    await click(find('channelClose'));
    expect(sent.at(-1)).toMatchObject({ action: 'withdraw' });
  });

  test('is touched by nobody while the wallet is locked', async () => {
    await show({ unlocked: false, channels: [CHANNEL] });
    expect([find('channelTopUp')?.disabled, find('channelClose')?.disabled]).toEqual([true, true]);
    expect(find('send')).toBeNull();
  });
});

describe('the activity', () => {
  test('links each transaction where the network has an explorer', async () => {
    await show({ history: [ENTRY], historyTotal: 1 }, { explorer: 'https://scan.example/' });
    const link = document.querySelector<HTMLAnchorElement>(`[data-testid="${TEST.historyRow}"] a`);
    expect(link?.getAttribute('href')).toBe(`https://scan.example/tx/${ENTRY.hash}`);
    await show({ history: [ENTRY], historyTotal: 1 });
    expect(document.querySelector(`[data-testid="${TEST.historyRow}"] a`)).toBeNull();
  });

  test('says how far a transaction is, why one failed, and tries it again', async () => {
    const waiting = { ...ENTRY, id: 'a', status: 'pending', confirmations: 1 } as const;
    const failed = { ...ENTRY, id: 'b', kind: 'topUp', status: 'failed', reason: 'Expired', retry: true } as const;
    await show({ history: [waiting, failed], historyTotal: 9 }, { confirmations: 3 });
    expect(text()).toContain('1 of 3 confirmations');
    expect(text()).toContain('The contract refused: Expired');
    await click(find('historyRetry'));
    await click(find('historyMore'));
    expect(sent).toEqual([
      { name: 'wallet.retry', id: 'b' },
      { name: 'wallet.older', skip: 2 },
    ]);
  });
});

describe('sending', () => {
  test('checks the address, shows it in groups, and asks on the sheet', async () => {
    await show({});
    await act(async () => {
      const fold = find('send')?.closest('details');
      if (fold) fold.open = true;
      fold?.dispatchEvent(new Event('toggle'));
    });
    await type(find('sendTo'), payee(7));
    await vi.waitFor(() => expect(find('sendCheck')?.textContent).toContain('contract of the network'));
    await type(find('sendTo'), payee(3));
    await vi.waitFor(() => expect(find('sendCheck')?.textContent).toContain('no check letters'));
    await type(find('sendAmount'), '99');
    expect(find('sendError')?.textContent).toContain('not that much');
    await type(find('sendAmount'), '1.5');
    await submit(find('sendSubmit'));
    expect(sent.at(-1)).toEqual({
      name: 'wallet.send',
      asset: 'token',
      to: payee(3),
      amount: String((3n * MYST) / 2n),
    });
  });
});

test('limits are kept as they are written, a price a gigabyte as one a megabyte', async () => {
  await show({});
  const field = (name: string) =>
    document.querySelector<HTMLInputElement>(`[data-testid="${TEST.autoLimit}"][data-key="${name}"]`);
  await click(find('autoOn'));
  await type(field('perDay'), '3');
  await type(field('priceCap'), '0.2');
  await submit(find('autoSave'));
  expect(sent.at(-1)).toMatchObject({
    name: 'wallet.limits',
    limits: { perDay: String(3n * MYST), priceCap: String(MYST / 5_000n) },
  });
  await type(field('perMonth'), 'much');
  expect(find('autoSave')?.disabled).toBe(true);
});

test('money of another device and figures that are old are said to be so', async () => {
  await show({ stale: true, spentToday: { amount: String(MYST), estimated: '1' } });
  expect(text()).toContain('≈ 1 MYST');
  expect(text()).toContain('from before');
});
