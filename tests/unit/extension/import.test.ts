import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exportRules, openRules } from '../../../extension/routing/import/file.ts';
import { MAX_IMPORT_BYTES, toRules } from '../../../extension/routing/import/imported.ts';
import { rule, table, tables } from './tables.ts';

/** What a foreign file becomes: `kind text → profile`, and what is left out. */
function taken(text: string, canUrl = false) {
  const opened = openRules(text, canUrl);
  if (opened.kind !== 'foreign') return opened;
  const { rules, skipped, profiles } = opened.imported;
  return {
    rules: rules.map(
      ({ match, profile, enabled }) => `${match.kind} ${match.text} → ${profile}${enabled ? '' : ' (off)'}`,
    ),
    skipped: skipped.map(({ text: what, why }) => `${what}: ${why}`),
    direct: profiles.filter(({ direct }) => direct).map(({ name }) => name),
  };
}

describe('our own file', () => {
  test('brings back every rule that was written, but the temporary ones', () => {
    fc.assert(
      fc.property(tables, (routes) => {
        const opened = openRules(exportRules(routes), true);
        expect(opened).toEqual({ kind: 'warren', table: routes });
      }),
    );
    const brief = { ...rule('domain', 'one.example', { kind: 'direct' }), until: 'restart' as const };
    expect(openRules(exportRules(table({ rules: [brief] })), true)).toMatchObject({ table: { rules: [] } });
  });

  test('leaves rules about whole addresses behind where the browser has no use for them', () => {
    const text = exportRules(table({ rules: [rule('url', '/login', { kind: 'block' })] }));
    expect(openRules(text, false)).toMatchObject({ kind: 'warren', table: { rules: [] } });
    expect(openRules(text, true)).toMatchObject({ table: { rules: [{ match: { kind: 'url' } }] } });
  });

  test.each([
    ['of a newer version', JSON.stringify({ format: 'warren-rules', version: 2 }), 'newer'],
    ['damaged', JSON.stringify({ format: 'warren-rules', version: 1, table: { rules: 'none' } }), 'damaged'],
    ['of another kind', '{"hello": 1}', 'damaged'],
    ['empty', '', 'nothing'],
    ['too large', 'a.example\n'.repeat(MAX_IMPORT_BYTES / 8), 'too_large'],
  ])('a file that is %s is refused with its reason', (_, text, why) => {
    expect(openRules(text, true)).toEqual({ kind: 'refused', why });
  });
});

describe('FoxyProxy', () => {
  const pattern = (text: string, type = 'wildcard', active = true) => ({ type, pattern: text, title: '', active });
  const now = JSON.stringify({
    mode: 'pattern',
    data: [
      {
        active: true,
        title: 'Work',
        type: 'socks5',
        hostname: '192.0.2.1',
        username: 'secret',
        include: [
          pattern('*://*.one.example/*'),
          pattern('*://two.example/', 'match'),
          pattern('https://three.example/admin/*'),
          pattern('^https?://four\\.example/', 'regex'),
          pattern('*://*.off.example/', 'wildcard', false),
          pattern('*'),
        ],
        exclude: [pattern('*://static.one.example/*')],
      },
      { active: true, title: '', hostname: '', type: 'direct', include: [pattern('five.example')], exclude: [] },
    ],
  });

  test('of today: patterns over addresses become hosts, and what cannot is said', () => {
    expect(taken(now)).toEqual({
      rules: [
        'domain one.example → Work',
        'host two.example → Work',
        'domain off.example → Work (off)',
        'host five.example → 2',
      ],
      skipped: [
        'https://three.example/admin/*: address',
        '^https?://four\\.example/: address',
        '*: everything',
        '*://static.one.example/*: exception',
      ],
      direct: ['2'],
    });
    expect(taken(now, true)).toMatchObject({ rules: expect.arrayContaining(['url ^https?://four\\.example/ → Work']) });
  });

  test('of version 7: `.name` and `*.name` mean the name too, `**.name` only what is under it', () => {
    const white = (text: string, type = 1) => ({ title: 't', pattern: text, type, protocols: 1, active: true });
    const old = JSON.stringify({
      mode: 'patterns',
      k1: {
        type: 3,
        title: 'B',
        active: true,
        address: '192.0.2.1',
        port: 1080,
        index: 2,
        whitePatterns: [white('*.b.example')],
        blackPatterns: [],
      },
      k0: {
        type: 1,
        title: 'A',
        active: true,
        address: '192.0.2.1',
        port: 80,
        index: 1,
        whitePatterns: [white('.a.example'), white('**.sub.example')],
        blackPatterns: [],
      },
    });
    expect(taken(old)).toMatchObject({
      rules: ['domain a.example → A', 'wildcard *.sub.example → A', 'domain b.example → B'],
    });
  });
});

describe('Omega', () => {
  const condition = (conditionType: string, pattern: string, profileName = 'proxy') => ({
    condition: { conditionType, pattern },
    profileName,
  });
  const backup = JSON.stringify({
    schemaVersion: 2,
    '-startupProfileName': 'auto switch',
    '+proxy': {
      profileType: 'FixedProfile',
      name: 'proxy',
      fallbackProxy: { scheme: 'http', host: '192.0.2.1', port: 80 },
    },
    '+other': {
      profileType: 'SwitchProfile',
      name: 'other',
      rules: [condition('HostWildcardCondition', 'wrong.example')],
    },
    '+auto switch': {
      profileType: 'SwitchProfile',
      name: 'auto switch',
      defaultProfileName: '__ruleListOf_auto switch',
      rules: [
        condition('HostWildcardCondition', 'internal.example', 'direct'),
        condition('HostWildcardCondition', '*.one.example|two.example'),
        condition('HostRegexCondition', '^ads\\.'),
        condition('UrlWildcardCondition', '*://*.three.example/*'),
        condition('UrlRegexCondition', '^https://four\\.example/x'),
        condition('IpCondition', '192.0.2.0/24'),
        null,
      ],
    },
    '+__ruleListOf_auto switch': {
      profileType: 'RuleListProfile',
      name: '__ruleListOf_auto switch',
      matchProfileName: 'proxy',
      ruleList: '[AutoProxy 0.2.9]\n! a comment\n||listed.example^\n@@||free.example',
    },
  });

  test('the switch profile that was in use, in its order, with the list that it holds', () => {
    expect(taken(backup)).toEqual({
      rules: [
        'host internal.example → direct',
        'domain one.example → proxy',
        'host two.example → proxy',
        'regex ^ads\\. → proxy',
        'domain three.example → proxy',
        'domain listed.example → proxy',
        'domain free.example → direct',
      ],
      skipped: ['UrlRegexCondition ^https://four\\.example/x: address', 'IpCondition : condition'].map((text) =>
        text.replace('IpCondition :', 'IpCondition 192.0.2.0/24:'),
      ),
      direct: ['direct'],
    });
  });
});

describe('lists as text', () => {
  test('plain names, addresses, hosts files, comments', () => {
    const text =
      '# mine\none.example\n\nhttps://two.example/path\n0.0.0.0 ads.example\n*.three.example\n// no\nnot a host!\n';
    expect(taken(text)).toEqual({
      rules: [
        'domain one.example → list',
        'domain two.example → list',
        'domain ads.example → list',
        'domain three.example → list',
      ],
      skipped: ['not a host!: pattern'],
      direct: [],
    });
  });

  test('Omega’s conditions, each with where it leads', () => {
    const text =
      '[SwitchyOmega Conditions]\n@with result\n*.one.example +work\nHostRegex: ^ads\\. +direct\n* +direct\n';
    expect(taken(text)).toMatchObject({ rules: ['domain one.example → work', 'regex ^ads\\. → direct'] });
  });

  test('AutoProxy as it is published, in base64', () => {
    const plain = '[AutoProxy 0.2.9]\n! comment\n||one.example\n|https://two.example\n.three.example\n/^four\\./\n';
    expect(taken(btoa(plain))).toMatchObject({
      rules: ['domain one.example → list', 'host two.example → list', 'domain three.example → list'],
      skipped: ['/^four\\./: address'],
    });
  });
});

describe('whatever the file holds', () => {
  test('it is opened or refused, never thrown over', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 400 }), fc.json()), fc.boolean(), (text, canUrl) => {
        expect(['warren', 'foreign', 'refused']).toContain(openRules(text, canUrl).kind);
      }),
      { numRuns: 500 },
    );
  });

  test('rules lead where the user says, and to the default exit where nothing was said', () => {
    const opened = openRules('one.example\ntwo.example +work\n', false);
    if (opened.kind !== 'foreign') throw new Error(opened.kind);
    let id = 0;
    const rules = toRules(opened.imported, new Map([['work', { kind: 'block' }]]), () => `${++id}`);
    expect(rules.map(({ id: name, action }) => [name, action.kind])).toEqual([
      ['1', 'default'],
      ['2', 'block'],
    ]);
  });
});
