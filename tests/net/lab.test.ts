/** The lab is what the other tests stand on: its routers are held to their claims by an outside judge. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Classified } from '../lab/classify.ts';
import { knownIds } from '../lab/identity.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { NAT_KINDS, type NatName, setNat } from '../lab/nat.ts';
import { inNamespace } from '../lab/run.ts';
import { SERVERS } from '../lab/topology.ts';
import { startTurn } from '../lab/turn.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await createLab({
    homes: [
      { name: 'a', wan: '90.54.12.7', lan: 1, nat: 'portRestricted', neighbour: true },
      { name: 'b', wan: '84.130.44.21', lan: 2, nat: 'portRestricted' },
    ],
  });
  await startTurn(lab);
});
afterAll(() => lab?.close());

describe('routers', () => {
  test.each(Object.keys(NAT_KINDS) as NatName[])(
    'a %s router maps, filters and keeps ports as it claims',
    async (kind) => {
      const home = lab.home('a');
      await setNat(home.router, kind, home.wan);
      const judge = lab.startNode({
        name: `classify-${kind}`,
        namespace: home.host,
        file: 'tests/lab/classify.ts',
        args: [SERVERS.turn[0], '3478'],
      });
      await judge.exited;
      const seen = JSON.parse(judge.output) as Classified;
      const { mapping, filtering, preservesPort } = NAT_KINDS[kind];
      expect({ mapping: seen.mapping, filtering: seen.filtering, preservesPort: seen.preservesPort }).toEqual({
        mapping,
        filtering,
        preservesPort,
      });
      if (mapping !== 'none') expect(seen.mapped?.address).toBe(home.wan);
    },
  );
});

test('a site sees the address of the home that asked, and the name server sees who asked for its name', async () => {
  const home = lab.home('b');
  const page = await inNamespace(home.host, 'curl', ['-sk', '--max-time', '10', 'https://two.example/']);
  expect(page).toContain(home.wan);
  expect(lab.visits.at(-1)).toMatchObject({ site: 'two.example', scheme: 'https', from: home.wan });
  const asked = lab.questions.filter((question) => question.name === 'two.example').map((question) => question.from);
  expect(new Set(asked)).toEqual(new Set([home.wan]));
});

test('a capture on the inner side of a router holds what left the home, and only that home', async () => {
  await setNat(lab.home('a').router, 'portRestricted', lab.home('a').wan);
  const capture = await lab.capture('self-test', lab.home('b'));
  const site = `host ${SERVERS.origins['three.example']}`;
  await inNamespace(lab.home('a').host, 'curl', ['-s', '--max-time', '10', 'http://three.example/']);
  expect(await capture.matching(site)).toEqual([]);
  await inNamespace(lab.home('b').host, 'curl', ['-s', '--max-time', '10', 'http://three.example/']);
  expect((await capture.matching(site)).length).toBeGreaterThan(4);
  await capture.stop();
});

test('a second lab stands beside the first, and closing it leaves nothing of it behind', async () => {
  const second = await createLab({ homes: [{ name: 'a', wan: '90.54.12.7', lan: 1, nat: 'symmetric' }] });
  expect(knownIds()).toEqual(expect.arrayContaining([lab.paths.id, second.paths.id]));
  await second.close();
  expect(knownIds()).not.toContain(second.paths.id);
  expect(existsSync(second.paths.run)).toBe(false);
  expect(existsSync(second.paths.disk)).toBe(false);
  expect(knownIds()).toContain(lab.paths.id);
});
