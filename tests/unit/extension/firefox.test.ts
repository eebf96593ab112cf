import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ExitPlan, planExits } from '../../../extension/routing/exits.ts';
import {
  answerRequest,
  carriedAsAnswered,
  DEAD_SOCKS,
  FIREFOX_FLOOR,
  type FirefoxRoutes,
} from '../../../extension/routing/firefox.ts';
import { decide } from '../../../extension/routing/match.ts';
import { createMatcher } from '../../../extension/routing/matcher.ts';
import { exit, payee, requests, rule, table, tables } from './tables.ts';

function routes(part: Parameters<typeof table>[0], exits: FirefoxRoutes['exits']): FirefoxRoutes {
  const all = table(part);
  return { matcher: createMatcher(all), plan: planExits(all), exits };
}
const ONE = { rules: [rule('domain', 'one.example', { kind: 'default' as const })] };
const UP = [exit(`node:${payee(1)}`)];

describe('the answer to proxy.onRequest', () => {
  test('is the exit as SOCKS with remote names, credentials and a key of its own, then the dead proxy', () => {
    const [first, last] = answerRequest(routes(ONE, UP), { url: 'https://www.one.example/x' }) ?? [];
    expect(first).toMatchObject({ type: 'socks', port: 40_000, username: 'name', password: 'secret', proxyDNS: true });
    expect(first?.connectionIsolationKey).toContain(payee(1));
    expect(last).toEqual(DEAD_SOCKS);
  });

  test('gives a changed tunnel a new isolation key, so that no old connection is used for it', () => {
    const moved = [
      exit(`node:${payee(1)}`, { proxy: { host: '127.0.0.1', port: 40_009, username: 'n', password: 'p' } }),
    ];
    const before = answerRequest(routes(ONE, UP), { url: 'https://one.example/' })?.[0];
    const after = answerRequest(routes(ONE, moved), { url: 'https://one.example/' })?.[0];
    expect(before?.connectionIsolationKey).not.toBe(after?.connectionIsolationKey);
  });

  test('is an explicit null for direct, the only word for it over the floor', () => {
    expect(answerRequest(routes(ONE, UP), { url: 'https://three.example/' })).toBeNull();
  });

  test.each([
    ['the rules are not read yet', null, 'https://three.example/'],
    ['the exit is not up', routes(ONE, []), 'https://one.example/'],
    ['the exit has no proxy', routes(ONE, [exit(`node:${payee(1)}`, { proxy: null })]), 'https://one.example/'],
    ['the address cannot be read', routes(ONE, UP), 'not a url'],
    ['the site is blocked', routes({ otherwise: { kind: 'block' } }, UP), 'https://one.example/'],
  ])('is the dead proxy when %s', (_, state, url) => expect(answerRequest(state, { url })).toEqual([DEAD_SOCKS]));

  test('is the dead proxy when something inside throws', () => {
    const plan: ExitPlan = {
      wants: [],
      defaultExitId: 'any',
      exitOf: () => {
        throw new Error('broken');
      },
    };
    expect(answerRequest({ ...routes(ONE, UP), plan }, { url: 'https://one.example/' })).toEqual([DEAD_SOCKS]);
  });

  test('agrees with the reference, and never is one of the forms that Firefox takes for direct', () => {
    fc.assert(
      fc.property(tables, requests, (all, asked) => {
        const answer = answerRequest(routes(all, UP), {
          url: urlOf(asked.host),
          type: 'image',
          ...(asked.site === undefined ? {} : { documentUrl: urlOf(asked.site) }),
          ...(asked.private === undefined ? {} : { incognito: asked.private }),
          ...(asked.container === undefined ? {} : { cookieStoreId: asked.container }),
        });
        const { action } = decide(all, asked);
        if (action.kind === 'direct') {
          expect(answer).toBeNull();
          return;
        }
        expect(answer?.every(({ type, host: at }) => type === 'socks' && at === '127.0.0.1')).toBe(true);
        const up = planExits(all).exitOf(action) === UP[0]?.exitId;
        expect(answer?.[0]?.port).toBe(up ? 40_000 : DEAD_SOCKS.port);
      }),
      { numRuns: 1000 },
    );
  });

  test('a part of a page takes the page’s route, also from within a frame; the page itself only its own', () => {
    const state = routes(ONE, UP);
    const cdn = 'https://cdn.example/x.js';
    const page = 'https://one.example/';
    expect(answerRequest(state, { url: cdn, type: 'script', documentUrl: page })?.[0]?.port).toBe(40_000);
    const frame = { documentUrl: 'https://widget.example/', frameAncestors: [{ url: page }] };
    expect(answerRequest(state, { url: cdn, type: 'script', ...frame })?.[0]?.port).toBe(40_000);
    expect(answerRequest(state, { url: cdn, type: 'main_frame', documentUrl: page })).toBeNull();
    expect(answerRequest(state, { url: cdn, type: 'script', documentUrl: 'about:blank' })).toBeNull();
  });

  test('lies over a floor that leads nowhere and passes no host by', () => {
    expect(FIREFOX_FLOOR).toMatchObject({ proxyType: 'manual', proxyDNS: true, passthrough: '', socks: '127.0.0.1:1' });
  });
});

function urlOf(host: string): string {
  return `https://${host.includes(':') ? `[${host}]` : host}/`;
}

describe('what carries a request', () => {
  const answer = answerRequest(routes(ONE, UP), { url: 'https://one.example/' });
  const ours = { type: 'socks', host: '127.0.0.1', port: 40_000 };
  test.each([
    ['our exit', ours, true],
    ['the dead proxy', { ...ours, port: DEAD_SOCKS.port }, true],
    ['nothing', null, false],
    ['another port', { ...ours, port: 9 }, false],
    ['an HTTP proxy on that port', { ...ours, type: 'http' }, false],
    ['another machine', { ...ours, host: '192.0.2.1' }, false],
  ])('%s, for a routed one', (_what, carrier, right) => {
    expect(carriedAsAnswered(answer, carrier, 'https://one.example/')).toBe(right);
  });

  test('is not judged for a direct one, nor for this machine', () => {
    expect(carriedAsAnswered(null, { ...ours, port: 9 }, 'https://three.example/')).toBe(true);
    for (const host of ['localhost', 'a.localhost', '127.0.0.1', '[::1]'])
      expect(carriedAsAnswered(answer, null, `http://${host}:8080/`)).toBe(true);
    expect(carriedAsAnswered(answer, null, 'http://127.0.0.1.example/')).toBe(false);
  });
});
