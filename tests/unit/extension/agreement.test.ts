/**
 * Three ways to ask for a route, one answer: the reference, the PAC in an evaluator that is not ours
 * (pac-resolver, on QuickJS), and Firefox's handler; on ten thousand generated addresses and many tables.
 */
import fc from 'fast-check';
import { createPacResolver } from 'pac-resolver';
import { QuickJS } from 'quickjs-wasi';
import { expect, test } from 'vitest';
import { planExits } from '../../../extension/routing/exits.ts';
import { answerRequest } from '../../../extension/routing/firefox.ts';
import { decide } from '../../../extension/routing/match.ts';
import { createMatcher } from '../../../extension/routing/matcher.ts';
import { DEAD_PORT } from '../../../extension/routing/pac.ts';
import type { Action } from '../../../extension/routing/rules.ts';
import { compilePac, exit, hosts, payee, tables } from './tables.ts';

const TABLES = 200;
const HOSTS = 50;
const PORTS: ReadonlyMap<string, number> = new Map([
  [`node:${payee(1)}`, 40_001],
  [`node:${payee(2)}`, 40_002],
  ['country:JP', 40_003],
]);
const EXITS = [...PORTS].map(([exitId, port]) =>
  exit(exitId, { proxy: { host: '127.0.0.1', port, username: 'u', password: 'p' } }),
);

test('the reference, a PAC evaluator and Firefox’s handler agree on ten thousand addresses', async () => {
  let asked = 0;
  for (const [at, [routes, names, inPrivate]] of samples().entries()) {
    const evaluator = await QuickJS.create();
    const evaluate = createPacResolver(evaluator, compilePac(routes, PORTS, inPrivate));
    const plan = planExits(routes);
    const handler = { matcher: createMatcher(routes), plan, exits: EXITS };
    const portOf = (action: Action): number | null =>
      action.kind === 'direct' ? null : (PORTS.get(plan.exitOf(action) ?? '') ?? DEAD_PORT);
    for (const host of names) {
      const url = `https://${host.includes(':') ? `[${host}]` : host}/some/path?q=1`;
      const port = portOf(decide(routes, { host, private: inPrivate }).action);
      const where = `table ${at}, ${host}`;
      expect(await evaluate(url, host), where).toBe(port === null ? 'DIRECT' : `PROXY 127.0.0.1:${port}`);
      const answer = answerRequest(handler, { url, type: 'main_frame', incognito: inPrivate });
      expect(answer === null ? null : answer[0]?.port, where).toBe(port);
      asked++;
    }
    evaluator.dispose();
  }
  expect(asked).toBe(TABLES * HOSTS);
}, 180_000);

function samples() {
  const names = fc.array(hosts, { minLength: HOSTS, maxLength: HOSTS });
  return fc.sample(fc.tuple(tables, names, fc.boolean()), TABLES);
}
