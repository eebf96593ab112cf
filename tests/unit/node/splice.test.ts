/** What netd is asked for a provider's thousand clients: no more than it needs to know, and not twice. */
import { beforeEach, expect, test } from 'vitest';
import type { TunnelDevice } from '../../../shared/effects.ts';
import { createSplice, type Splice } from '../../../shared/node/splice.ts';
import type { Verb } from '../../../shared/wire/netd.ts';

type Asked = Extract<Verb, { verb: 'splice' }>;

let asked: Asked[];
let refuse: boolean;
let splice: Splice;

beforeEach(async () => {
  asked = [];
  refuse = false;
  const device: Pick<TunnelDevice, 'ask'> = {
    ask: (async (verb: Asked) => {
      asked.push(verb);
      if (refuse) throw new Error('refused');
      return {};
    }) as TunnelDevice['ask'],
  };
  splice = createSplice(device as TunnelDevice, 'wrn00c0ffee');
  await splice.ports([40_000], 40_000);
  asked = [];
});

const route = (port: number, from: number) => ({ remote: { address: '84.128.0.2', port }, from });

test('a thousand clients on the port that is everybody’s by default ask nothing', async () => {
  await Promise.all(Array.from({ length: 1_000 }, (_, i) => splice.route(`key ${i}`, route(i + 1, 40_000))));
  await Promise.all(Array.from({ length: 1_000 }, (_, i) => splice.route(`key ${i}`, null)));
  expect(asked).toEqual([]);
});

test('when the port changes, those who are on the one before keep it until they move', async () => {
  await splice.route('ann', route(1, 40_000));
  await splice.route('bob', route(2, 40_000));
  await splice.ports([40_000, 40_001], 40_001);
  expect(asked.at(-1)).toMatchObject({ send: 40_001, routes: [route(1, 40_000), route(2, 40_000)] });
  await splice.route('ann', route(1, 40_001));
  expect(asked.at(-1)).toMatchObject({ routes: [route(2, 40_000)] });
  await splice.ports([40_001], 40_001);
  expect(asked.at(-1)).toMatchObject({ accept: [40_001], routes: [] });
});

test('what netd refused is asked again', async () => {
  refuse = true;
  await expect(splice.ports([40_000, 40_001], 40_000)).rejects.toThrow('refused');
  refuse = false;
  await splice.ports([40_000, 40_001], 40_000);
  expect(asked).toHaveLength(2);
});

test('a way said again and again pushes out none that a peer may still be on', async () => {
  await splice.ports([40_000, 40_001], 40_001);
  await splice.route('ann', route(1, 40_000));
  for (let n = 0; n < 9; n++) await splice.route('ann', route(2, 40_000));
  expect(asked.at(-1)).toMatchObject({ routes: [route(1, 40_000), route(2, 40_000)] });
});
