// @vitest-environment happy-dom
/** The pages that stand alone: the way in, and what takes the place of a blocked page. */
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { BlockedView, Command, View } from '../../../extension/messages.ts';
import { EMPTY_BOOK } from '../../../extension/nodes/book.ts';
import { TEST } from '../../../extension/ui/testids.ts';
import { exitInput, nodeRef, payee, rule } from './tables.ts';
import { NODES, READY } from './views.ts';

const sent: Command[] = [];
let page: BlockedView | null = null;

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
  const send = async (command: Command) => {
    sent.push(command);
    if (command.name === 'book') return { book: EMPTY_BOOK, sessions: [], revision: 1 };
    if (command.name === 'nodes') return { nodes: NODES, total: NODES.length };
    return command.name === 'blocked' ? { page } : null;
  };
  return {
    view: signal(null),
    awake: signal(true),
    live: signal(true),
    send,
    fire: (command: Command) => void send(command),
  };
});
const { live, view } = await import('../../../extension/ui/link.ts');
const { Blocked } = await import('../../../extension/ui/components/Blocked.tsx');
const { Welcome } = await import('../../../extension/ui/components/Welcome.tsx');
const { ImportForm } = await import('../../../extension/ui/components/SetupImport.tsx');
const { Words } = await import('../../../extension/ui/components/SetupWords.tsx');

const find = (id: keyof typeof TEST, more = '') =>
  document.querySelector<HTMLElement>(`[data-testid="${TEST[id]}"]${more}`);
async function settle(change: () => void): Promise<void> {
  await act(async () => {
    change();
    await new Promise((done) => setTimeout(done));
  });
}

const EXIT = `node:${payee(1)}`;
const RULE = { ...rule('domain', 'one.example', nodeRef(1, 'DE')), until: 'restart' as const };
const PAGE: BlockedView = {
  url: 'https://www.one.example/a#b',
  decision: { why: 'rule', rule: RULE, action: RULE.action },
  exitId: EXIT,
  up: false,
};
const { proxy: _, ...bare } = exitInput(EXIT);
const withExit = (state: 'blocked' | 'connecting' | 'protected'): View => ({
  ...READY,
  protection: { state, why: 'exit', up: 0, total: 1 },
  exits: [{ ...bare, state, isDefault: true, country: 'DE', pinned: true }],
});

let replaced: ReturnType<typeof vi.fn>;
beforeEach(() => {
  render(null, document.body);
  sent.length = 0;
  replaced = vi.fn();
  vi.spyOn(location, 'replace').mockImplementation(replaced as () => void);
  page = PAGE;
});
const show = (now: View) =>
  settle(() => {
    view.value = now;
    render(<Blocked />, document.body);
  });

describe('the page in the place of a blocked one', () => {
  test('names the site and why, and loads it once its exit is up', async () => {
    await show(withExit('blocked'));
    expect(find('blockedPage')?.dataset.state).toBe('exit');
    expect(document.querySelector('h1')?.textContent).toBe('one.example is blocked for now');
    expect(replaced).not.toHaveBeenCalled();
    await settle(() => {
      view.value = withExit('protected');
    });
    expect(replaced).toHaveBeenCalledWith(PAGE.url);
  });

  test('does not load a page again and again that failed although its exit is up', async () => {
    page = { ...PAGE, up: true };
    await show(withExit('protected'));
    expect(replaced).not.toHaveBeenCalled();
    await settle(() => find('blockedRetry')?.click());
    expect(replaced).toHaveBeenCalledTimes(1);
  });

  test('another node takes the place of the rule’s, which keeps what else it says', async () => {
    await show(withExit('blocked'));
    await settle(() => find('blockedUse')?.click());
    const changed = sent.find(({ name }) => name === 'rule.upsert');
    expect(changed).toMatchObject({ rule: { match: RULE.match, until: 'restart', action: { kind: 'node' } } });
  });

  test('a script that presses the button lets nothing out', async () => {
    await show(withExit('blocked'));
    await settle(() => find('directOnceGo')?.click());
    expect(sent.map(({ name }) => name)).not.toContain('blocked.direct');
    expect(replaced).not.toHaveBeenCalled();
  });

  test('restored without anything blocked, it offers the address and nothing more', async () => {
    page = null;
    await show(READY);
    expect(find('blockedPage')?.dataset.state).toBe('nothing');
    expect(find('directOnce')).toBeNull();
  });
});

describe('the way in', () => {
  const host = (status: View['host']['status']): View => ({
    ...READY,
    host: { status, version: status === 'ready' ? '0.1.0' : null, error: null, facts: null },
    wallet: { ...READY.wallet, exists: false, unlocked: false, address: null, accounts: [] },
  });
  const enter = (now: View) =>
    settle(() => {
      view.value = now;
      render(<Welcome />, document.body);
    });

  test('begins with the program where it is missing: both ways to install it, and a button that waits for it', async () => {
    await enter(host('missing'));
    const ways = [...document.querySelectorAll(`[data-testid=${TEST.errorCommand}]`)].map((way) => way.textContent);
    expect(ways).toEqual([expect.stringContaining('./warren install --user'), expect.stringContaining('apt install')]);
    expect((find('welcomeNext') as HTMLButtonElement).disabled).toBe(true);
    expect(find('hostHelp')?.textContent).toMatch(/Snap or Flatpak/);
    await settle(() => {
      view.value = host('ready');
    });
    expect((find('welcomeNext') as HTMLButtonElement).disabled).toBe(false);
    await settle(() => find('welcomeNext')?.click());
    expect(find('welcome')?.dataset.state).toBe('wallet');
    expect(find('setupCreate')).not.toBeNull();
  });

  test('decides nothing by what was last seen', async () => {
    live.value = false;
    await enter(host('ready'));
    expect(find('welcome')?.dataset.state).toBe('host');
    await settle(() => {
      view.value = READY;
      live.value = true;
    });
    expect(find('welcome')?.dataset.state).toBe('page');
  });

  test('an old program is to be updated', async () => {
    await enter(host('tooOld'));
    expect(document.body.textContent).toContain('The Warren host is too old');
    expect(find('errorCommand')).not.toBeNull();
  });

  test('with program and wallet it is the first page: an exit, a site, Connect', async () => {
    await enter(READY);
    expect(find('welcome')?.dataset.state).toBe('page');
    const site = find('firstSite') as HTMLInputElement;
    await settle(() => {
      site.value = 'https://www.one.example/x';
      site.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await settle(() => find('firstOnly')?.click());
    await settle(() => find('firstConnect')?.click());
    expect(sent).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: 'rule.upsert',
          rule: expect.objectContaining({ action: { kind: 'default' } }),
        }),
        { name: 'table.change', part: { otherwise: { kind: 'direct' } } },
        { name: 'protect', on: true },
      ]),
    );
  });
});

describe('seed words', () => {
  const REVEALED = {
    phrase: 'legal winner thank year wave sausage worth useful legal winner thank yellow',
    quiz: [1, 2, 3],
  };

  test.each([
    { where: 'shown', screen: <Words revealed={REVEALED} title="" done="" onDone={() => {}} /> },
    { where: 'asked for', screen: <ImportForm onDone={() => {}} /> },
  ])('are $where beside a word on who may ask for them, with the address of these pages', async ({ screen }) => {
    await settle(() => render(screen, document.body));
    const { textContent } = document.querySelector('.seed-safety') as HTMLElement;
    expect(textContent).toContain(`their address begins with ${location.origin}`);
    expect(textContent).toContain('Whoever asks for them anywhere else, by mail, chat or website, wants your money.');
  });

  test('are covered until they are asked for', async () => {
    await settle(() => render(<Words revealed={REVEALED} title="" done="" onDone={() => {}} />, document.body));
    expect(document.body.textContent).not.toContain('sausage');
    await settle(() => find('seedReveal')?.click());
    expect(document.body.textContent).toContain('sausage');
  });
});
