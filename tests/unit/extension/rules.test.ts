import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { planExits } from '../../../extension/routing/exits.ts';
import { globMatches, parseHost, regexProblem } from '../../../extension/routing/hosts.ts';
import { decide } from '../../../extension/routing/match.ts';
import { MAX_EXITS, parseMatch, RouteTableSchema, upsertRule } from '../../../extension/routing/rules.ts';
import { nodeRef, payee, rule, table } from './tables.ts';

describe('what a person types as a pattern', () => {
  test.each([
    ['https://www.Example.org/path?q=1', 'www.example.org'],
    ['EXAMPLE.org.', 'example.org'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['192.168.1.1:8080', '192.168.1.1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:DB8:0::1', '2001:db8::1'],
  ])('%s is the host %s', (typed, host) => expect(parseHost(typed)).toBe(host));

  test.each(['', ' ', 'two words', '*', 'a..b', 'http://', 'exa mple.org', '..', 'a*b.example'])(
    '%j is no host',
    (typed) => expect(parseHost(typed)).toBeNull(),
  );

  test('a domain may be pasted with a star or a dot in front', () => {
    expect(parseMatch('domain', '*.example.org')).toEqual({ kind: 'domain', text: 'example.org' });
    expect(parseMatch('domain', '.example.org')).toEqual({ kind: 'domain', text: 'example.org' });
  });

  test('whatever is accepted is accepted again from storage, and nothing typed crashes', () => {
    fc.assert(
      fc.property(fc.constantFrom('domain', 'host', 'wildcard', 'regex'), fc.string(), (kind, typed) => {
        const match = parseMatch(kind, typed);
        if (typeof match === 'string') return;
        const stored = table({ rules: [{ id: 'a', enabled: true, match, action: { kind: 'block' } }] });
        expect(v.safeParse(RouteTableSchema, JSON.parse(JSON.stringify(stored))).success).toBe(true);
      }),
    );
  });

  test.each(['(a+)+$', '(a|aa)+$', '(.*)*x', '([a-z]+)*', '(a{1,})+', '.*.*.*.*x', '(a)\\1+'])(
    'the expression %s is refused, since it could take for ever',
    (source) => expect(regexProblem(source)).toBe('regex_slow'),
  );

  test.each(['^ads[0-9]*\\.', '(one|two)\\.example$', '^(www\\.)?example\\.(org|com)$', 'track(er|ing)'])(
    'the everyday expression %s is taken',
    (source) => expect(regexProblem(source)).toBeNull(),
  );
});

describe('matching', () => {
  test('the first rule that fits decides', () => {
    const routes = table({
      rules: [rule('host', 'bank.one.example', { kind: 'direct' }), rule('domain', 'one.example', { kind: 'block' })],
    });
    expect(decide(routes, { host: 'bank.one.example' }).action.kind).toBe('direct');
    expect(decide(routes, { host: 'shop.one.example' }).action.kind).toBe('block');
    expect(decide(routes, { host: 'other.example' })).toMatchObject({ why: 'otherwise' });
  });

  test('wildcards match as a regular expression would', () => {
    const pieces = fc.array(fc.constantFrom('*', '?', 'a', 'b', '.'), { maxLength: 8 }).map((all) => all.join(''));
    const texts = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 10 }).map((all) => all.join(''));
    fc.assert(
      fc.property(pieces, texts, (pattern, text) => {
        const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(globMatches(pattern, text)).toBe(new RegExp(`^${source}$`).test(text));
      }),
    );
  });

  test('a wildcard full of stars stays quick on a hostile host', () => {
    const start = performance.now();
    globMatches(`${'*a'.repeat(100)}b`, 'a'.repeat(253));
    expect(performance.now() - start).toBeLessThan(50);
  });

  test('routing a site again changes its rule instead of adding another', () => {
    const first = rule('domain', 'one.example', { kind: 'direct' });
    const again = rule('domain', 'one.example', { kind: 'block' });
    expect(upsertRule([first], again)).toEqual([{ ...first, action: { kind: 'block' } }]);
    expect(upsertRule([first], rule('host', 'one.example', { kind: 'block' }))).toHaveLength(2);
  });
});

describe('the exits that rules need', () => {
  test('the default comes first, each exit once, disabled rules ask for none', () => {
    const plan = planExits(
      table({
        rules: [
          rule('domain', 'one.example', { kind: 'default' }),
          rule('domain', 'two.example', nodeRef(2, 'JP')),
          rule('domain', 'three.example', nodeRef(3, 'FR'), false),
          rule('domain', 'four.example', { kind: 'country', country: 'JP' }),
        ],
      }),
    );
    expect(plan.wants.map(({ exitId }) => exitId)).toEqual([`node:${payee(1)}`, `node:${payee(2)}`]);
    expect(plan.exitOf({ kind: 'country', country: 'JP' })).toBe(`node:${payee(2)}`);
    expect(plan.exitOf({ kind: 'country', country: 'SE' })).toBeNull();
    expect(plan.exitOf({ kind: 'direct' })).toBeNull();
  });

  test('a country exit asks for the country, any exit for nothing in particular', () => {
    const plan = planExits(table({ defaultExit: { kind: 'any' }, otherwise: { kind: 'country', country: 'SE' } }));
    expect(plan.wants).toEqual([{ exitId: 'any' }, { exitId: 'country:SE', country: 'SE' }]);
  });

  test('beyond what the host takes, sites are blocked rather than sent elsewhere', () => {
    const rules = Array.from({ length: MAX_EXITS + 5 }, (_, i) =>
      rule('host', `h${i}.example`, { kind: 'country', country: `A${String.fromCharCode(65 + (i % 26))}` }),
    ).map((one, i) => (i < 26 ? one : { ...one, action: nodeRef(i + 10, 'ZZ') }));
    const plan = planExits(table({ rules }));
    expect(plan.wants).toHaveLength(MAX_EXITS);
    expect(plan.exitOf(nodeRef(MAX_EXITS + 14, 'ZZ'))).toBeNull();
  });
});
