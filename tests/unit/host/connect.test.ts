import { describe, expect, test } from 'vitest';
import { WarrenError } from '../../../shared/base/errors.ts';
import { CLOSE_LIMIT } from '../../../shared/machine/session/timing.ts';
import { createFakeWorld, PRICE } from '../../fakes/host-world.ts';
import { signedInMemory } from '../../fakes/signed-amounts.ts';
import { startHost } from './started.ts';

const MB = 1_000_000;

describe('a connect', () => {
  test('runs from intent to a proxy that may be used, with every step timed', async () => {
    const host = startHost();
    await host.connect();
    const exit = host.exit();
    expect(exit).toMatchObject({
      phase: 'up',
      need: null,
      error: null,
      proxy: { host: '127.0.0.1', username: 'user', password: 'secret' },
      path: { kind: 'direct', remote: 'srflx' },
      node: { country: 'DE', residential: true },
    });
    expect(exit?.suite).toContain('ML-KEM-768');
    const names = exit?.steps.map((step) => step.name) ?? [];
    for (const name of [
      'discover',
      'resolve',
      'signer',
      'channel',
      'handshake',
      'traverse',
      'wireguard',
      'control',
      'proxy',
      'total',
    ])
      expect(names).toContain(name);
    await host.loop.stop();
  });

  test('costs four round trips through the relay and the path, and little of our own', async () => {
    const host = startHost();
    await host.connect();
    const total = host.exit()?.steps.find((step) => step.name === 'total')?.ms ?? Number.NaN;
    // Links of 10 and 20 ms one way: m1–m4 80, punch 40, WireGuard 20 + poll, control 20 + look-up and key by snapshot.
    expect(total).toBeLessThan(800);
    await host.loop.stop();
  });

  test('tells what the router does: its mapping at once, its filter when that is known', async () => {
    const host = startHost();
    await host.connect();
    const wanted = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' };
    await host.fake.until(() => host.snapshot()?.host.nat?.filtering !== 'unknown');
    expect(host.snapshot()?.host.nat).toEqual(wanted);
    await host.loop.stop();
  });

  test('works without nftables: WireGuard takes the port over', async () => {
    const fake = createFakeWorld();
    fake.netd.splice = false;
    const host = startHost(fake);
    await host.connect();
    expect(fake.netd.verbs).toContain('rebind');
    expect(fake.netd.verbs).not.toContain('splice');
    await host.loop.stop();
  });

  test('asks for a channel where there is none, and goes on by itself once it is open', async () => {
    const host = startHost();
    const { channel } = host.fake;
    host.fake.channel = { ...channel, exists: false, deposit: 0n };
    host.say(host.intent(true));
    await host.fake.until(() => host.exit()?.need?.kind === 'signer');
    host.signer(host.exit()?.need?.payee ?? '');
    await host.fake.until(() => host.exit()?.need?.kind === 'channel');
    expect(host.exit()?.need).toMatchObject({ action: 'open', pricePerMB: PRICE, suggestedDeposit: PRICE * 1_000n });
    host.fake.clock.advance(600_000);
    expect(host.exit()?.phase).toBe('funding');
    host.fake.channel = channel;
    await host.fake.until(() => host.exit()?.phase === 'up');
    await host.loop.stop();
  });

  test('goes to the next node when the first one refuses, and says why when all do', async () => {
    const fake = createFakeWorld(['DE', 'DE']);
    const host = startHost(fake);
    const [first, second] = fake.providers;
    if (!first || !second) throw new Error('two providers');
    for (const provider of fake.providers) provider.refusal = null;
    first.refusal = new WarrenError('provider_full', 'No room.', 'Choose another node.');
    host.signer(first.payee);
    host.signer(second.payee);
    host.say(host.intent(true, { country: 'DE' }));
    await fake.until(() => host.exit()?.phase === 'up');
    expect(host.exit()?.node?.payee).toBe(second.payee);
    second.refusal = first.refusal;
    host.say(host.intent(false));
    await fake.until(() => host.snapshot()?.idle === true);
    host.say(host.intent(true, { country: 'DE' }));
    await fake.until(() => host.exit()?.phase === 'failed');
    expect(host.exit()?.error?.code).toBe('provider_full');
    await host.loop.stop();
  });

  test('to a node that is gone fails in words, and works once it is back', async () => {
    const fake = createFakeWorld();
    const [provider] = fake.providers;
    const host = startHost(fake);
    host.signer(provider?.payee ?? '');
    provider?.die();
    host.say(host.intent(true));
    const took = await fake.until(() => host.exit()?.phase === 'failed');
    expect(took).toBeLessThan(8_000);
    expect(host.exit()).toMatchObject({ error: { code: 'node_offline' }, proxy: null });
    await host.loop.stop();
  });

  test('to a DID whose delegate is unknown asks for no money', async () => {
    const fake = createFakeWorld();
    fake.relay.offers.splice(0, 1, {
      ...(fake.relay.offers[0] as (typeof fake.relay.offers)[number]),
      key: '11'.repeat(32),
    });
    const host = startHost(fake);
    host.say(host.intent(true));
    await fake.until(() => host.exit()?.phase === 'failed');
    expect(host.exit()?.error?.code).toBe('delegate_unknown');
    expect(host.phases).not.toContain('shaking');
    await host.loop.stop();
  });
});

describe('a refusal reaches the extension in words', () => {
  test.each([
    ['channel_unfunded', 'The deposit does not cover a megabyte.', 'Top up the deposit.'],
    ['channel_closing', 'This deposit is being paid back.', 'Wait until it is back, or choose another node.'],
    ['channel_missing', 'There is no deposit for this node.', 'Open one.'],
    ['channel_grace_short', 'The notice of this deposit is too short.', 'Choose another node.'],
    ['handshake_replayed', 'This greeting was used before.', 'Connect again.'],
    ['signature_invalid', 'The signature does not match.', 'Connect again.'],
  ] as const)('%s, as the provider said it', async (code, message, action) => {
    const host = startHost();
    const [provider] = host.fake.providers;
    if (!provider) throw new Error('a provider');
    provider.refusal = new WarrenError(code, message, action);
    host.signer(provider.payee);
    host.say(host.intent(true));
    await host.fake.until(() => host.exit()?.phase === 'failed');
    expect(host.exit()).toMatchObject({ proxy: null, error: { code } });
    expect(host.exit()?.error?.message).toMatch(/\w+ \w+/);
    expect(host.exit()?.error?.action).toMatch(/\w+ \w+/);
    await host.loop.stop();
  });

  test('delegate_expired, as the chain says it', async () => {
    const host = startHost();
    const { ledger } = host.fake.world;
    const resolve = ledger.resolve;
    Object.assign(ledger, {
      resolve: async (...args: Parameters<typeof resolve>) => {
        const document = await resolve(...args);
        const expired = document.delegates.map((delegate) => delegate.address);
        return { ...document, delegates: [], expired };
      },
    });
    host.say(host.intent(true));
    await host.fake.until(() => host.exit()?.phase === 'failed');
    expect(host.exit()).toMatchObject({ proxy: null, error: { code: 'delegate_expired' } });
    expect(host.phases).not.toContain('shaking');
    await host.loop.stop();
  });
});

describe('while it is up', () => {
  test('every megabyte is paid for, and the till agrees', async () => {
    const host = startHost();
    await host.connect();
    const [provider] = host.fake.providers;
    let rx = 0;
    for (let step = 0; step < 40; step++) {
      host.fake.netd.carry(MB / 4, 1_000);
      rx += MB / 4;
      provider?.counters((step + 1) * 1_000, rx);
      await host.fake.until(() => true);
      host.fake.clock.advance(250);
    }
    await host.fake.until(() => (host.exit()?.rxBytes ?? 0) >= 10 * MB);
    expect(provider?.gated).toBe(false);
    await host.fake.until(() => host.exit()?.spentSession === provider?.proofs[0]);
    const paid = provider?.proofs[0] ?? 0n;
    expect(paid).toBeGreaterThanOrEqual(10n * PRICE);
    expect(paid).toBeLessThan(12n * PRICE);
    expect(host.exit()?.rxRate).toBeGreaterThan(0.5 * MB);
    await host.loop.stop();
  });

  test('an amount that can not be remembered is not sent, and the session ends in words', async () => {
    const host = startHost(createFakeWorld(), signedInMemory({ full: true }));
    host.say(host.intent(true));
    await host.fake.until(() => host.exit()?.need?.kind === 'signer');
    host.signer(host.exit()?.need?.payee ?? '');
    await host.fake.until(() => host.exit()?.error !== null && host.exit()?.phase !== 'up');
    expect(host.exit()).toMatchObject({ proxy: null, error: { message: 'The journal could not be written.' } });
    expect(host.fake.providers[0]?.proofs).toEqual([]);
    await host.loop.stop();
  });

  test('stopping to pay gates the peer, and paying again opens it', async () => {
    const host = startHost();
    await host.connect();
    const [provider] = host.fake.providers;
    expect((await host.ask({ method: 'test.stopPaying', params: { stop: true } })).error).toBeUndefined();
    let rx = 0;
    for (let step = 0; step < 20 && !provider?.gated; step++) {
      host.fake.netd.carry(MB / 2, 0);
      rx += MB / 2;
      provider?.counters(0, rx);
      await host.fake.until(() => true);
      host.fake.clock.advance(250);
    }
    await host.fake.until(() => host.exit()?.phase === 'gated');
    expect(rx).toBeLessThanOrEqual(4 * MB);
    expect(host.exit()?.error?.code).toBe('payment_stopped');
    await host.ask({ method: 'test.stopPaying', params: { stop: false } });
    await host.fake.until(() => host.exit()?.phase === 'up');
    await host.loop.stop();
  });

  test('an offer that its address belies is shown as such, and one that it bears out is not', async () => {
    const fake = createFakeWorld();
    fake.located = { country: 'DE', residential: true };
    const host = startHost(fake);
    await host.connect();
    fake.clock.advance(2_000);
    await fake.until(() => true);
    expect(host.exit()?.error).toBeNull();
    await host.loop.stop();

    const other = createFakeWorld();
    other.located = { country: 'NL', residential: true };
    const belied = startHost(other);
    await belied.connect();
    await other.until(() => belied.exit()?.error?.code === 'offer_untrue');
    expect(belied.exit()).toMatchObject({ phase: 'up', error: { message: expect.stringContaining('belongs to NL') } });
    await belied.loop.stop();
  });

  test('a lost netd takes the proxy away at once', async () => {
    const host = startHost();
    await host.connect();
    host.fake.netd.kill();
    expect(host.fake.proxies.at(-1)?.destroyed).toBe(true);
    await host.fake.until(() => host.snapshot()?.host.netd === 'unreachable');
    expect(host.exit()).toMatchObject({ proxy: null });
    expect(host.exit()?.phase).not.toBe('up');
    await host.loop.stop();
  });

  test('a node that dies is noticed, its proxy destroyed, and another one found', async () => {
    const fake = createFakeWorld(['DE', 'JP', 'DE']);
    const host = startHost(fake);
    for (const provider of fake.providers) host.signer(provider.payee);
    host.say(host.intent(true));
    await fake.until(() => host.exit()?.phase === 'up');
    const first = fake.providers.find(({ payee }) => payee === host.exit()?.node?.payee);
    first?.die();
    const noticed = await fake.until(() => host.exit()?.phase !== 'up');
    expect(noticed).toBeLessThan(8_000);
    expect(fake.proxies[0]?.destroyed).toBe(true);
    await fake.until(() => host.exit()?.phase === 'up');
    const { did, country } = first?.found.proposal ?? {};
    expect(host.exit()?.node?.payee).not.toBe(first?.payee);
    if (country === 'DE') expect(host.exit()?.node?.country).toBe('DE');
    expect(host.exit()?.lost).toMatchObject({ did, country });
    await host.loop.stop();
  });
});

describe('the end', () => {
  test('settles, tells what came back, and leaves the host idle', async () => {
    const host = startHost();
    await host.connect();
    host.say(host.intent(false));
    await host.fake.until(() => host.snapshot()?.idle === true);
    const [provider] = host.fake.providers;
    const paid = provider?.proofs[0] ?? 0n;
    expect(host.exit()).toMatchObject({ phase: 'closed', refunded: 10n ** 18n - paid, proxy: null, error: null });
    expect(host.fake.netd.verbs.at(-1)).toBe('destroy');
    await host.loop.stop();
  });

  test('at a node that says nothing is bounded, and tells where the money is', async () => {
    const host = startHost();
    await host.connect();
    host.fake.providers[0]?.control?.onUp(() => {});
    host.say(host.intent(false));
    const took = await host.fake.until(() => host.snapshot()?.idle === true);
    expect(took).toBeLessThan(CLOSE_LIMIT + 1_000);
    expect(host.exit()).toMatchObject({ phase: 'closed', refunded: null, error: { code: 'close_unconfirmed' } });
    await host.loop.stop();
  });

  test('without a word to the host leaves no proxy open', async () => {
    const host = startHost();
    await host.connect();
    await host.loop.stop();
    expect(host.fake.proxies.every((proxy) => proxy.destroyed && proxy.closed)).toBe(true);
  });
});
