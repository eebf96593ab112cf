// @vitest-environment happy-dom
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, expect, test, vi } from 'vitest';
import type { ExitView } from '../../../extension/messages.ts';
import { TEST } from '../../../extension/ui/testids.ts';

vi.mock('../../../extension/browser.ts', async () => {
  const { default: words } = await import('../../../extension/public/_locales/en/messages.json');
  const message = (key: string, ...subs: string[]) =>
    ((words as Record<string, { message: string }>)[key]?.message ?? '').replace(
      /\$(\d)/g,
      (_, n) => subs[Number(n) - 1] ?? '',
    );
  return { FIREFOX: false, message, browser: { i18n: { getUILanguage: () => 'en' } } };
});
vi.mock('../../../extension/ui/link.ts', () => ({ fire: () => {} }));
const { ExitList } = await import('../../../extension/ui/components/ExitList.tsx');

const DID = `did:ethr:31337:0x${'11'.repeat(20)}`;
const OTHER = `did:ethr:31337:0x${'22'.repeat(20)}`;
const error = { code: 'tunnel_lost', message: 'The node is not reachable any more.', action: 'Wait.' };

function exit(phase: ExitView['phase'], more: Partial<ExitView> = {}): ExitView {
  return {
    exitId: 'country:DE',
    phase,
    since: 0,
    node: null,
    path: null,
    suite: null,
    rxBytes: 0,
    txBytes: 0,
    rxRate: 0,
    txRate: 0,
    pricePerMB: null,
    spentSession: '0',
    spentTotal: '0',
    deposit: null,
    refunded: null,
    need: null,
    error: null,
    steps: [],
    lost: { at: 1_790_000_000_000, did: DID, country: 'DE', city: 'Kassel' },
    state: phase === 'up' ? 'protected' : phase === 'failed' ? 'blocked' : 'connecting',
    isDefault: true,
    country: 'DE',
    pinned: false,
    ...more,
  };
}

const node = (did: string): ExitView['node'] => ({
  did,
  payee: `0x${'22'.repeat(20)}`,
  country: 'DE',
  city: 'Jena',
  asn: null,
  network: null,
  residential: true,
  pricePerMB: '1',
  capacityMbps: 1,
  latencyMs: 1,
  online: true,
});

async function row(of: ExitView): Promise<string> {
  await act(() => render(<ExitList exits={[of]} />, document.body));
  return document.querySelector(`[data-testid="${TEST.exitRow}"]`)?.textContent ?? '';
}

afterEach(() => render(null, document.body));

test.each(['discovering', 'shaking', 'tunnelling'] as const)(
  'while the place of a lost node is taken (%s), that is told, and the step',
  async (phase) => {
    const text = await row(exit(phase, { error: phase === 'discovering' ? error : null }));
    expect(text).toContain('The node in Kassel is gone. Warren takes the next one; until it stands');
    expect(text).not.toContain(error.message);
  },
);

test('a node that the rules name has no successor, and the user is told what there is to do', async () => {
  const text = await row(exit('failed', { pinned: true, error }));
  expect(text).toContain('name this very node');
  expect(text).toContain(error.message);
});

test('once another stands, whose place it took; once the same is back, that it was away', async () => {
  expect(await row(exit('up', { node: node(OTHER) }))).toContain('The node in Kassel was gone at');
  expect(await row(exit('up', { node: node(DID) }))).toContain('This node was gone at');
});

test('no loss, no news', async () => {
  await row(exit('up', { lost: null, node: node(DID) }));
  expect(document.querySelector(`[data-testid="${TEST.exitNews}"]`)).toBeNull();
});
