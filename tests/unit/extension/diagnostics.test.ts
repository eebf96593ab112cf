/** What the diagnostics page says, and that a report gives nobody away. */
import { describe, expect, test, vi } from 'vitest';
import { natEase, natText } from '../../../shared/base/nat-words.ts';
import { SAID_CODES } from '../../../shared/wire/diagnostics.ts';
import { READY } from './views.ts';

vi.mock('../../../extension/browser.ts', async () => {
  const { default: words } = await import('../../../extension/public/_locales/en/messages.json');
  const en = words as Record<string, { message: string }>;
  return {
    FIREFOX: false,
    message: (key: string, ...values: string[]) =>
      (en[key]?.message ?? '').replace(/\$(\d)/g, (_, n) => values[Number(n) - 1] ?? ''),
    browser: { i18n: { getUILanguage: () => 'en' } },
  };
});
const { hostLines, ownLines, redacted, reportOf } = await import('../../../extension/ui/diagnostic-lines.ts');

describe('the kind of NAT', () => {
  test('has the names of RFC 4787', () => {
    expect(natText({ mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' })).toBe(
      'Endpoint-Independent Mapping, Address-and-Port-Dependent Filtering (RFC 4787)',
    );
  });

  test.each([
    ['endpoint-independent', 'endpoint-independent', 'open'],
    ['endpoint-independent', 'address-dependent', 'easy'],
    ['endpoint-independent', 'unknown', 'easy'],
    ['address-and-port-dependent', 'endpoint-independent', 'hard'],
    ['unknown', 'unknown', 'unknown'],
  ])('%s mapping and %s filtering are %s to meet behind', (mapping, filtering, ease) =>
    expect(natEase({ mapping, filtering })).toBe(ease),
  );
});

describe('a report', () => {
  test.each([
    'seen from 203.0.113.7:51820',
    'at 2001:db8::1 or [fe80::1:2]',
    'the node did:ethr:31337:0x00112233445566778899aabbccddeeff00112233 is gone',
    'paid by 0x00112233445566778899AABBCCDDEEFF00112233',
    'wss://relay.example/path does not answer',
    'key YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU2Nzg5MDEyMw==',
  ])('does not tell: %s', (text) => {
    const told = redacted(text);
    expect(told).toContain('…');
    expect(told).not.toMatch(/203|db8|fe80|0011|relay\.example|YWJj/i);
  });

  test('keeps what helps', () => {
    const text = 'NO  Relays: unreachable, chain 31337, newest block 12 s old, v24.21.0';
    expect(redacted(text)).toBe(text);
    const about = ['Warren 0.1.0'];
    expect(reportOf([{ name: 'NAT', ok: false, text: 'unknown' }], about)).toBe('Warren 0.1.0\nNO  NAT: unknown');
  });
});

describe('the lines', () => {
  const up = { state: 'protected', why: 'up', up: 1, total: 1 } as const;

  test('of the self-test stand there while something is routed', () => {
    const names = (lines: readonly { name: string }[]) => lines.map(({ name }) => name);
    expect(names(ownLines(READY, 'closed', new Set()))).not.toContain('Self-test: route');
    const view = { ...READY, protection: up, selfTest: { status: 'ok', names: true } } as const;
    expect(names(ownLines(view, 'closed', new Set()))).toEqual(
      expect.arrayContaining(['Self-test: route', 'Self-test: names (DNS)', 'Self-test: WebRTC']),
    );
  });

  test('say no where the browser lets something out', () => {
    const astray = { status: 'astray', names: null } as const;
    const lines = ownLines({ ...READY, protection: up, selfTest: astray }, 'leaks', new Set());
    expect(lines.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['Self-test: route', 'Self-test: WebRTC']);
  });

  test('of the host have our words for the names that we know, and its own for others', () => {
    const told = [
      { id: 'turn', name: 'TURN relay', ok: true, text: 'x' },
      { id: 'new', name: 'Something new', ok: true, text: 'y' },
    ];
    expect(hostLines(told).map(({ name }) => name)).toEqual(['Relay (TURN)', 'Something new']);
  });

  test('of the host have our words for what it found, too', () => {
    const found = (code: string, ...values: string[]) => {
      const told = { id: 'exitAddress', name: 'Exit X', ok: true, text: 'in its words', said: { code, values } };
      return hostLines([told]).map(({ name, text }) => `${name}: ${text}`)[0];
    };
    expect(found('exitOther', 'Kassel, DE')).toBe(
      'Self-test: address (IP), exit Kassel, Germany: seen under another address than this computer',
    );
    expect(found('exitOwn', 'JP')).toBe('Self-test: address (IP), exit Japan: seen under this computer’s own address');
    expect(found('ledger', '7', '12')).toBe('Self-test: address (IP), exit 7: chain 7, newest block 12 s old');
    expect(found('password_wrong')).toBe('Exit X: This password does not open the wallet. Try again.');
    expect(found('something_new')).toBe('Exit X: in its words');
  });

  test('there are words for every code', async () => {
    const { default: words } = await import('../../../extension/public/_locales/en/messages.json');
    expect(SAID_CODES.filter((code) => !(`said_${code}` in words))).toEqual([]);
  });

  test('are not said twice', () => {
    const facts = {
      version: '1',
      relay: 'connected',
      ledger: 'reachable',
      netd: 'ready',
      backend: 'kernel',
      nat: null,
    } as const;
    const view = { ...READY, host: { ...READY.host, facts } };
    const known = new Set(['relays', 'ledger', 'netd', 'nat']);
    expect(ownLines(view, null, known).filter(({ id }) => id)).toEqual([]);
    expect(ownLines(view, null, new Set()).filter(({ id }) => id)).toHaveLength(4);
  });
});
