/** "Direct once": what a pass lets out, in the proxy script and in Firefox's handler, and when it is over. */
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planExits } from '../../../extension/routing/exits.ts';
import { answerRequest, DEAD_SOCKS } from '../../../extension/routing/firefox.ts';
import { createMatcher } from '../../../extension/routing/matcher.ts';
import { DEAD_PROXY } from '../../../extension/routing/pac.ts';
import { decidePassed, MAX_PASSES, type Pass, passHost, withPass } from '../../../extension/routing/passes.ts';
import { SELF_TEST_HOST } from '../../../shared/wire/self-test.ts';
import { compilePac, exit, hosts, nodeRef, payee, rule, table, tables } from './tables.ts';

const NOW = 1_700_000_000_000;
const PASS: Pass = { host: 'one.example', tab: 7, until: NOW + 60_000 };
const ROUTED = table({
  rules: [rule('domain', 'one.example', { kind: 'default' }), rule('host', 'cdn.example', { kind: 'block' })],
  otherwise: { kind: 'default' },
});

/** As Chromium runs it, at this moment. */
function ask(pac: string, host: string, now: number): unknown {
  const Clock = class extends Date {
    override getTime() {
      return now;
    }
  };
  return runInNewContext(`${pac};FindProxyForURL(URL_,HOST_)`, { URL_: `https://${host}/`, HOST_: host, Date: Clock });
}

describe('in the proxy script', () => {
  const pac = compilePac(ROUTED, new Map(), false, [PASS]);

  test.each([
    ['one.example', 'DIRECT'],
    ['www.one.example', 'DIRECT'],
    ['one.example.', 'DIRECT'],
    ['notone.example', DEAD_PROXY],
    ['cdn.example', DEAD_PROXY],
  ])('%s goes %s', (host, way) => expect(ask(pac, host, NOW)).toBe(way));

  test('it ends by itself, in a script that nobody has touched since', () => {
    expect(ask(pac, 'one.example', PASS.until - 1)).toBe('DIRECT');
    expect(ask(pac, 'one.example', PASS.until)).toBe(DEAD_PROXY);
  });

  test('nothing but the passed site goes another way than without it', () => {
    fc.assert(
      fc.property(tables, hosts, (routes, host) => {
        const covered = host === PASS.host || host.endsWith(`.${PASS.host}`);
        const without = ask(compilePac(routes, new Map()), host, NOW);
        const withIt = ask(compilePac(routes, new Map(), false, [PASS]), host, NOW);
        expect(withIt).toBe(covered ? 'DIRECT' : without);
      }),
      { numRuns: 100 },
    );
  });
});

describe('in Firefox', () => {
  const routes = {
    matcher: createMatcher(ROUTED),
    plan: planExits(ROUTED),
    exits: [],
    passes: [PASS],
  };
  const answer = (url: string, part: object = {}, now = NOW) =>
    answerRequest(routes, { url, type: 'main_frame', tabId: 7, ...part }, now);

  test('the site goes directly in its own tab, and in no other', () => {
    expect(answer('https://www.one.example/')).toBeNull();
    expect(answer('https://www.one.example/', { tabId: 8 })).toEqual([DEAD_SOCKS]);
    expect(answer('https://www.one.example/', { tabId: -1 })).toEqual([DEAD_SOCKS]);
    expect(answer('https://www.one.example/', {}, PASS.until)).toEqual([DEAD_SOCKS]);
  });

  test('what its page loads follows it, unless a rule names it', () => {
    const of = { type: 'image', documentUrl: 'https://one.example/' };
    expect(answer('https://pictures.example/a.png', of)).toBeNull();
    expect(answer('https://cdn.example/a.png', of)).toEqual([DEAD_SOCKS]);
    expect(answer('https://pictures.example/a.png', { ...of, documentUrl: 'https://two.example/' })).toEqual([
      DEAD_SOCKS,
    ]);
  });
});

test('a pass names the site without www, and never a whole top level', () => {
  expect(passHost('WWW.One.Example.')).toBe('one.example');
  expect(passHost('www.example')).toBe('www.example');
  expect(passHost('www')).toBe('www');
  expect(passHost('[2001:db8::1]')).toBe('2001:db8::1');
});

test('a site has one pass, and there are only so many', () => {
  const many = Array.from({ length: 20 }, (_, n) => ({ host: `h${n}.example`, tab: n, until: NOW }));
  const all = many.reduce<Pass[]>(withPass, []);
  expect(all).toHaveLength(MAX_PASSES);
  expect(withPass(all, { ...PASS, host: 'h19.example' }).filter(({ host }) => host === 'h19.example')).toHaveLength(1);
});

test('without a pass the rules decide, and say so', () => {
  const matcher = createMatcher(ROUTED);
  expect(decidePassed(matcher, [], { host: 'one.example' }, NOW).why).toBe('rule');
  expect(decidePassed(matcher, [PASS], { host: 'one.example' }, NOW)).toMatchObject({ why: 'pass', pass: PASS });
});

test('the self-test goes to the default exit, whatever the rules say of everything else', () => {
  const direct = table({ otherwise: { kind: 'direct' }, defaultExit: nodeRef(1, 'DE') });
  const exitId = `node:${payee(1)}`;
  expect(ask(compilePac(direct, new Map([[exitId, 40_001]])), SELF_TEST_HOST, NOW)).toBe('PROXY 127.0.0.1:40001');
  expect(ask(compilePac(direct, new Map()), SELF_TEST_HOST, NOW)).toBe(DEAD_PROXY);
  const routes = { matcher: createMatcher(direct), plan: planExits(direct), exits: [exit(exitId)] };
  const request = { url: `http://${SELF_TEST_HOST}/`, type: 'xmlhttprequest', tabId: -1 };
  expect(answerRequest(routes, request)?.[0]?.port).toBe(40_000);
  expect(answerRequest({ ...routes, exits: [] }, request)).toEqual([DEAD_SOCKS]);
});
