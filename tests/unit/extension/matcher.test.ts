import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinRule, ruleToJoin } from '../../../extension/routing/bundle.ts';
import { labelOf } from '../../../extension/routing/hosts.ts';
import { decide } from '../../../extension/routing/match.ts';
import { createMatcher, suffixes } from '../../../extension/routing/matcher.ts';
import { MAX_ALSO, type RouteTable } from '../../../extension/routing/rules.ts';
import { nextExpiry, withoutExpired, withoutSessionRules } from '../../../extension/routing/temporary.ts';
import { Usage, wayOf } from '../../../extension/routing/usage.ts';
import { nodeRef, requests, rule, table, tables } from './tables.ts';

const VIA = { kind: 'default' } as const;

describe('the quick matcher', () => {
  test('decides as the reference does, on ten thousand requests and tables', () => {
    fc.assert(
      fc.property(tables, fc.array(requests, { minLength: 5, maxLength: 5 }), (routes, asked) => {
        const matcher = createMatcher(routes);
        for (const request of asked) expect(matcher.decide(request)).toEqual(decide(routes, request));
      }),
      { numRuns: 2000 },
    );
  });

  test('looks names up: ten thousand rules are read once, not once per request', () => {
    const rules = Array.from({ length: 10_000 }, (_, i) => rule('domain', `site${i}.example`, VIA));
    const counted = countReads(table({ rules }));
    const matcher = createMatcher(counted.table);
    const before = counted.reads();
    expect(matcher.decide({ host: 'a.b.site9999.example' }).rule?.match.text).toBe('site9999.example');
    expect(counted.reads() - before).toBeLessThan(20);
  });

  test.each([
    ['*.ads.*', 'ads'],
    ['google.*', 'google'],
    ['*.example.co?', 'example'],
    ['a.longer.b*', 'longer'],
    ['*ads*', null],
    ['*', null],
    ['..', null],
  ])('finds a wildcard by a label that its hosts must have: %s', (pattern, label) => {
    expect(labelOf(pattern)).toBe(label);
  });

  test('takes a name apart at its dots', () => {
    expect([...suffixes('a.b.example')]).toEqual(['a.b.example', 'b.example', 'example']);
    expect([...suffixes('example')]).toEqual(['example']);
  });
});

describe('which reason wins', () => {
  const one = { ...rule('domain', 'one.example', nodeRef(1, 'DE')), also: ['cdn.example'] };
  const routes = table({ rules: [one, rule('domain', 'bank.example', { kind: 'direct' })] });

  test.each([
    ['a rule that names the host', { host: 'bank.example', site: 'one.example' }, 'rule', 'direct'],
    ['then a host that a rule takes along', { host: 'x.cdn.example' }, 'also', 'node'],
    ['then the route of the page', { host: 'img.example', site: 'www.one.example' }, 'site', 'node'],
    ['a page without a rule leads nobody', { host: 'img.example', site: 'two.example' }, 'otherwise', 'direct'],
    ['a local address stays local on a routed page', { host: '192.168.1.1', site: 'one.example' }, 'local', 'direct'],
  ] as const)('%s', (_, request, why, action) => {
    expect(decide(routes, request)).toMatchObject({ why, action: { kind: action } });
  });

  test('a site’s own route holds wherever it is embedded', () => {
    expect(decide(routes, { host: 'one.example', site: 'bank.example' }).action.kind).toBe('node');
  });

  test('pages lead nobody when the user does not want it', () => {
    const alone = { ...routes, followSites: false };
    expect(decide(alone, { host: 'img.example', site: 'one.example' }).why).toBe('otherwise');
  });

  test('a rule of a group that is off does not count', () => {
    const groups = [{ id: 'g', name: 'Work', enabled: false }];
    expect(decide(table({ groups, rules: [{ ...one, group: 'g' }] }), { host: 'one.example' }).why).toBe('otherwise');
  });

  test('a rule counts only in its windows', () => {
    const secret = table({ rules: [{ ...one, scope: { kind: 'private' } }] });
    expect(decide(secret, { host: 'one.example', private: true }).why).toBe('rule');
    expect(decide(secret, { host: 'one.example' }).why).toBe('otherwise');
    const work = table({ rules: [{ ...one, scope: { kind: 'container', id: 'c1', name: 'Work' } }] });
    expect(decide(work, { host: 'one.example', container: 'c1' }).why).toBe('rule');
    expect(decide(work, { host: 'one.example', container: 'c2' }).why).toBe('otherwise');
  });
});

describe('what a routed site takes along', () => {
  const one = rule('domain', 'one.example', nodeRef(1, 'DE'));
  const bank = rule('domain', 'bank.example', { kind: 'direct' });
  const matcher = createMatcher(table({ rules: [one, bank] }));

  test('a host that its pages load from and no rule names', () => {
    expect(ruleToJoin(matcher, 'www.one.example', 'cdn.example', false)).toBe(one.id);
  });

  test.each([
    ['a site that goes direct takes nobody along', 'bank.example', 'cdn.example'],
    ['a site without a rule neither', 'two.example', 'cdn.example'],
    ['a host with a rule of its own keeps it', 'one.example', 'bank.example'],
    ['a local address stays local', 'one.example', '192.168.1.1'],
    ['what is no host is not written down', 'one.example', 'a..b'],
  ])('%s', (_, page, host) => expect(ruleToJoin(matcher, page, host, false)).toBeNull());

  test('at most so many, each once', () => {
    const hosts = Array.from({ length: MAX_ALSO + 50 }, (_, i) => `h${i % (MAX_ALSO + 20)}.example`);
    const [joined] = joinRule(table({ rules: [one] }), one.id, hosts).rules;
    expect(new Set(joined?.also).size).toBe(MAX_ALSO);
    expect(
      ruleToJoin(createMatcher(table({ rules: joined ? [joined] : [] })), 'one.example', 'new.example', false),
    ).toBeNull();
  });
});

describe('temporary rules', () => {
  const brief = { ...rule('domain', 'one.example', VIA), until: 'restart' as const };
  const hour = { ...rule('domain', 'two.example', VIA), until: 5_000 };
  const kept = rule('domain', 'three.example', VIA);
  const routes = table({ rules: [brief, hour, kept] });

  test('end on time, with the session, and no other is touched', () => {
    expect(withoutExpired(routes, 4_999)).toBe(routes);
    expect(withoutExpired(routes, 5_000).rules).toEqual([brief, kept]);
    expect(withoutSessionRules(routes).rules).toEqual([hour, kept]);
    expect(nextExpiry(routes)).toBe(5_000);
    expect(nextExpiry(table({ rules: [kept] }))).toBeNull();
  });
});

describe('the ways that a page’s parts took', () => {
  test('are counted per host and way, for the page in view only', () => {
    const usage = new Usage();
    usage.add(1, 'early.example', 'direct');
    usage.begin(1, 'One.Example');
    usage.add(1, 'one.example', 'any');
    usage.add(1, 'one.example', 'any');
    usage.add(1, 'cdn.example', 'direct');
    expect(usage.of(1)).toEqual([
      { host: 'one.example', way: 'any', count: 2 },
      { host: 'cdn.example', way: 'direct', count: 1 },
    ]);
    usage.begin(1, 'two.example');
    expect([usage.page(1), usage.of(1)]).toEqual(['two.example', []]);
  });

  test('stay within bounds, however many hosts and tabs there are', () => {
    const usage = new Usage();
    for (let tab = 0; tab < 300; tab++) usage.begin(tab, 'one.example');
    for (let i = 0; i < 1_000; i++) usage.add(299, `h${i}.example`, 'direct');
    expect(usage.of(299)).toHaveLength(200);
    expect([usage.page(0), usage.page(299)]).toEqual([null, 'one.example']);
  });

  const ports = new Map([[40_000, 'any']]);
  test.each([
    ['Firefox names the proxy', { proxyInfo: { host: '127.0.0.1', port: 40_000 } }, 'any', true, 'any'],
    ['Firefox names none', { proxyInfo: null }, 'any', true, 'direct'],
    ['Firefox names a port that is nobody’s', { proxyInfo: { host: '127.0.0.1', port: 1 } }, 'any', true, 'blocked'],
    ['Chromium connected to this machine', { ip: '127.0.0.1' }, 'any', false, 'any'],
    ['Chromium connected to the site itself', { ip: '203.0.113.5' }, 'any', false, 'direct'],
    ['it came from the cache', { ip: '127.0.0.1', fromCache: true }, 'any', false, null],
    ['the browser does not say', {}, 'any', false, null],
  ] as const)('%s', (_, done, chosen, isFirefox, way) => expect(wayOf(done, ports, chosen, isFirefox)).toBe(way));
});

/** The same table, counting how often a rule's match is looked at. */
function countReads(original: RouteTable): { readonly table: RouteTable; reads(): number } {
  let reads = 0;
  const rules = original.rules.map(
    (one) =>
      new Proxy(one, {
        get(target, key) {
          if (key === 'match') reads++;
          return Reflect.get(target, key);
        },
      }),
  );
  return { table: { ...original, rules }, reads: () => reads };
}
