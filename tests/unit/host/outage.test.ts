import { expect, test } from 'vitest';
import { startHost } from './started.ts';

test('an outage of our own network costs no session: it waits, and goes on when the network does', async () => {
  const host = startHost();
  await host.connect();
  const since = host.exit()?.since;
  const [provider] = host.fake.providers;
  const control = provider?.control;
  host.fake.network.lose(() => true);
  const back = host.fake.clock.now() + 12_000;
  await host.fake.until(() => host.fake.clock.now() >= back);
  expect(host.exit()).toMatchObject({ phase: 'up', since });
  host.fake.network.lose(null);
  await host.fake.until(() => host.fake.clock.now() >= back + 30_000);
  expect(host.exit()).toMatchObject({ phase: 'up', since });
  // TCP would say only after as long a silence again what it could not say meanwhile.
  expect(provider?.control).not.toBe(control);
  await host.loop.stop();
});

test('a node that is silent while STUN servers answer is gone within 8 s', async () => {
  const host = startHost();
  await host.connect();
  const isStun = ({ address }: { readonly address: string }) => address.startsWith('203.0.113.');
  host.fake.network.lose((from, to) => !isStun(from) && !isStun(to));
  expect(await host.fake.until(() => host.exit()?.phase !== 'up')).toBeLessThan(8_000);
  await host.loop.stop();
});
