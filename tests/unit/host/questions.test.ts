/** What the host answers when asked, and the nodes it is told to stay away from. */
import { describe, expect, test } from 'vitest';
import { type Address, didOf } from '../../../shared/base/units.ts';
import { createFakeWorld } from '../../fakes/host-world.ts';
import { startHost } from './started.ts';

describe('a node that the user blocks', () => {
  test('is left for another, and not even a fresh start takes it', async () => {
    const fake = createFakeWorld(['DE', 'DE']);
    const host = startHost(fake);
    for (const provider of fake.providers) host.signer(provider.payee);
    host.say(host.intent(true));
    await fake.until(() => host.exit()?.phase === 'up');
    expect(host.exit()?.upAt).toBe(host.exit()?.since);
    const blocked = host.exit()?.node;
    const avoid = [blocked?.did as string];
    host.say({ ...host.intent(true), avoid });
    await fake.until(() => host.exit()?.phase === 'up' && host.exit()?.node?.did !== blocked?.did);
    host.say({ ...host.intent(false), avoid });
    await fake.until(() => host.snapshot()?.idle === true);
    host.say({ ...host.intent(true, { did: blocked?.did }), avoid });
    await fake.until(() => host.exit()?.phase === 'failed');
    expect(host.exit()?.error?.code).toBe('node_blocked');
    await host.loop.stop();
  });
});

describe('questions', () => {
  test('list the nodes with their latency', async () => {
    const host = startHost(createFakeWorld(['DE', 'JP']));
    const { result } = await host.ask({ method: 'nodes', params: { country: 'JP' } });
    expect(result).toMatchObject({ total: 1, next: null, nodes: [{ country: 'JP', latencyMs: 40, online: true }] });
    await host.loop.stop();
  });

  test('tell how old an identity is', async () => {
    const host = startHost();
    const did = didOf(31_337, host.fake.providers[0]?.payee as Address);
    const { result } = await host.ask({ method: 'node.identity', params: { did } });
    expect(result).toEqual({ bornAt: 1_690_000_000 });
    await host.loop.stop();
  });

  test('measure every node in turn, however many there are', async () => {
    const host = startHost(createFakeWorld(Array.from({ length: 70 }, () => 'DE')));
    const measured = async () => {
      const { result } = await host.ask({ method: 'nodes', params: { limit: 200 } });
      const { nodes } = result as { nodes: readonly { readonly latencyMs: number | null }[] };
      return nodes.filter(({ latencyMs }) => latencyMs !== null).length;
    };
    expect(await measured()).toBe(64);
    expect(await measured()).toBe(70);
    await host.loop.stop();
  });

  test('page through the nodes', async () => {
    const host = startHost(createFakeWorld(['DE', 'JP', 'FR']));
    const first = await host.ask({ method: 'nodes', params: { limit: 2 } });
    expect(first.result).toMatchObject({ total: 3, next: 2 });
    const second = await host.ask({ method: 'nodes', params: { limit: 2, cursor: 2 } });
    expect(second.result).toMatchObject({ total: 3, next: null });
    await host.loop.stop();
  });

  test('about diagnostics name no address', async () => {
    const host = startHost();
    await host.connect();
    const { result } = await host.ask({ method: 'diagnostics', params: {} });
    expect(JSON.stringify(result)).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
    const { lines } = result as {
      lines: readonly { readonly id: string; readonly ok: boolean; readonly text: string }[];
    };
    expect(lines.find(({ id }) => id === 'nat')?.text).toMatch(
      /^Endpoint-Independent Mapping, .* Filtering \(RFC 4787\)/,
    );
    expect(lines.find(({ id }) => id === 'exitAddress')).toMatchObject({
      ok: true,
      text: 'seen under another address than this machine',
      said: { code: 'exitOther', values: [expect.any(String)] },
    });
    await host.loop.stop();
  });
});
