import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planExits } from '../../../extension/routing/exits.ts';
import { decide } from '../../../extension/routing/match.ts';
import { blockAllPac, DEAD_PROXY, type LiveExits } from '../../../extension/routing/pac.ts';
import type { Action, RouteTable } from '../../../extension/routing/rules.ts';
import { compilePac, hosts, nodeRef, payee, rule, table, tables } from './tables.ts';

const LIVE: LiveExits = new Map([
  [`node:${payee(1)}`, 40_001],
  [`node:${payee(2)}`, 40_002],
]);

/** As Chromium runs it: a fresh global, host lower-cased and without brackets. */
function ask(pac: string, host: string, url = `https://${host}/`): unknown {
  return runInNewContext(`${pac};FindProxyForURL(URL_,HOST_)`, { URL_: url, HOST_: host });
}

function expected(routes: RouteTable, host: string, live: LiveExits, inPrivate = false): string {
  const { action } = decide(routes, { host, private: inPrivate });
  if (action.kind === 'direct') return 'DIRECT';
  const exitId = planExits(routes).exitOf(action);
  const port = exitId === null ? undefined : live.get(exitId);
  return port === undefined ? DEAD_PROXY : `PROXY 127.0.0.1:${port}`;
}

describe('the compiled PAC', () => {
  test('answers for every host as the matcher decides', () => {
    fc.assert(
      fc.property(tables, hosts, fc.constantFrom('', '.'), fc.boolean(), (routes, host, dot, inPrivate) => {
        const pac = compilePac(routes, LIVE, inPrivate);
        expect(ask(pac, host + dot)).toBe(expected(routes, host, LIVE, inPrivate));
      }),
      { numRuns: 1000 },
    );
  });

  test('never says anything but DIRECT or one proxy on this machine', () => {
    fc.assert(
      fc.property(tables, fc.oneof(hosts, fc.string()), (routes, host) => {
        expect(ask(compilePac(routes, LIVE), host)).toMatch(/^(DIRECT|PROXY 127\.0\.0\.1:\d+)$/);
      }),
    );
  });

  test('sends an upper-case host and a host with the trailing dot of the root to the same exit', () => {
    const pac = compilePac(table({ rules: [rule('domain', 'one.example', { kind: 'default' })] }), LIVE);
    for (const host of ['one.example', 'ONE.Example', 'one.example.', 'www.one.example.']) {
      expect(ask(pac, host)).toBe('PROXY 127.0.0.1:40001');
    }
    expect(ask(pac, 'notone.example')).toBe('DIRECT');
  });

  test('sends a routed site whose exit is down to the dead proxy, not direct', () => {
    const routes = table({ rules: [rule('domain', 'one.example', { kind: 'default' })] });
    expect(ask(compilePac(routes, new Map()), 'one.example')).toBe(DEAD_PROXY);
  });

  test('sends everything to the dead proxy when everything is routed and nothing is up', () => {
    const pac = compilePac(table({ otherwise: { kind: 'default' }, localDirect: false }), new Map());
    expect(ask(pac, 'anything.example')).toBe(DEAD_PROXY);
    expect(ask(pac, '192.168.1.1')).toBe(DEAD_PROXY);
  });

  test('says the dead proxy for a blocked site, since Chromium takes "BLOCK" or "" for DIRECT', () => {
    const routes = table({ rules: [rule('wildcard', '*.ads.*', { kind: 'block' })] });
    expect(ask(compilePac(routes, LIVE), 'x.ads.example')).toBe(DEAD_PROXY);
  });

  test('says the dead proxy when anything inside throws', () => {
    const pac = compilePac(table({}), LIVE);
    const throwing = {
      toString() {
        throw new Error('no host');
      },
    };
    expect(runInNewContext(`${pac};FindProxyForURL("", HOST_)`, { HOST_: throwing })).toBe(DEAD_PROXY);
  });

  test('puts no text of a rule into code: quotes, line ends and script ends stay data', () => {
    for (const text of ['");alert(1);//', '\\u2028', 'a\u2028b', '</script>', '$&']) {
      const routes = table({
        rules: [{ id: 'x', enabled: true, match: { kind: 'regex', text: escaped(text) }, action: { kind: 'block' } }],
      });
      const pac = compilePac(routes, LIVE);
      expect(ask(pac, 'plain.example')).toBe('DIRECT');
      expect(pac).toMatch(/^[ -~\n]*$/);
    }
  });

  test('refuses a table that is not valid, rather than writing half of it', () => {
    const wrong = table({
      rules: [{ id: 'x', enabled: true, match: { kind: 'regex', text: '(' }, action: { kind: 'direct' } }],
    });
    expect(() => compilePac(wrong, LIVE)).toThrow();
    const action = { kind: 'teleport' } as unknown as Action;
    expect(() => compilePac(table({ otherwise: action }), LIVE)).toThrow();
    expect(ask(blockAllPac(), 'one.example')).toBe(DEAD_PROXY);
  });

  test.each([0, -1, 65_536, 1.5, Number.NaN])('refuses the impossible port %s', (port) => {
    const routes = table({ otherwise: { kind: 'default' } });
    expect(() => compilePac(routes, new Map([[`node:${payee(1)}`, port]]))).toThrow(RangeError);
  });

  test('leaves a disabled rule out', () => {
    const routes = table({ rules: [rule('domain', 'one.example', { kind: 'block' }, false)] });
    expect(ask(compilePac(routes, LIVE), 'one.example')).toBe('DIRECT');
  });

  test('keeps local addresses direct unless a rule names them', () => {
    const everything = { otherwise: { kind: 'default' } as const };
    const pac = compilePac(table(everything), LIVE);
    for (const host of ['192.168.1.1', '10.1.2.3', 'printer.local', '::1', 'fe80::1']) {
      expect(ask(pac, host)).toBe('DIRECT');
    }
    for (const host of ['172.32.0.1', '100.64.0.1', '2001:db8::1', 'local', 'notlocal.example']) {
      expect(ask(pac, host)).toBe('PROXY 127.0.0.1:40001');
    }
    const named = compilePac(table({ ...everything, rules: [rule('host', '192.168.1.1', { kind: 'block' })] }), LIVE);
    expect(ask(named, '192.168.1.1')).toBe(DEAD_PROXY);
  });

  test('sends two sites to two exits, and a country to the node that is wanted there anyway', () => {
    const routes = table({
      rules: [
        rule('domain', 'one.example', { kind: 'country', country: 'DE' }),
        rule('domain', 'two.example', nodeRef(2, 'JP')),
      ],
    });
    const pac = compilePac(routes, LIVE);
    expect(ask(pac, 'one.example')).toBe('PROXY 127.0.0.1:40001');
    expect(ask(pac, 'two.example')).toBe('PROXY 127.0.0.1:40002');
    expect(ask(pac, 'three.example')).toBe('DIRECT');
  });

  test('ten thousand rules stay far below the three megabytes that Chromium was seen to take', () => {
    const rules = Array.from({ length: 10_000 }, (_, i) =>
      rule('domain', `a-rather-long-name-of-a-site-${i}.example.org`, { kind: 'default' }),
    );
    const pac = compilePac(table({ rules }), LIVE);
    expect(pac.length).toBeLessThan(3_000_000);
    expect(ask(pac, 'www.a-rather-long-name-of-a-site-9999.example.org')).toBe('PROXY 127.0.0.1:40001');
  });

  test('a host named like a part of the language is a host like any other', () => {
    const routes = table({
      rules: [rule('host', '__proto__', { kind: 'block' }), rule('host', 'constructor', { kind: 'block' })],
    });
    const pac = compilePac(routes, LIVE);
    expect([ask(pac, '__proto__'), ask(pac, 'constructor'), ask(pac, 'tostring')]).toEqual([
      DEAD_PROXY,
      DEAD_PROXY,
      'DIRECT',
    ]);
  });

  test('refuses a rule about whole addresses, which a script never sees', () => {
    expect(() => compilePac(table({ rules: [rule('url', '/login', { kind: 'block' })] }), LIVE)).toThrow(RangeError);
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
