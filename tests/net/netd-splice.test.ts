/** The splice: our STUN socket and WireGuard on one outer port, behind a strict host firewall, without a loss. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RESOLVER_PORT } from '../../shared/wire/control.ts';
import { MAX_SPLICE_ROUTES } from '../../shared/wire/netd.ts';
import { PATIENCE } from '../patience.ts';
import { keys } from './keys.ts';
import { CLIENT_TUNNEL, CLIENT4, GATEWAY, type Netd, NetdLab, PROVIDER4, stop, until } from './netd-lab.ts';

const OTHER_TUNNEL = { address4: '100.77.3.5', address6: 'fd77:6172:7265::305' } as const;
const THIRD_TUNNEL = { address4: '100.77.3.6', address6: 'fd77:6172:7265::306' } as const;
const lab = new NetdLab();
let clientNetd: Netd;
let providerNetd: Netd;

/** What many machines run: only answers come in. */
const STRICT_FIREWALL = (open: string) => `table inet host_firewall {
  chain input {
    type filter hook input priority 0; policy drop;
    iifname "lo" accept
    iifname "wrn*" accept
    ${open}
    ct state established,related accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
  }
}
`;

beforeAll(async () => {
  await lab.up();
  clientNetd = await lab.netd(lab.client, 'client');
  providerNetd = await lab.netd(lab.provider, 'provider');
});
afterAll(() => lab.down());

test('STUN reaches our socket, WireGuard its own, through strict firewalls; 0 lost over ten re-splices', async () => {
  // The provider's port is mapped (open); the client lives behind "answers only".
  await lab.client.nft(STRICT_FIREWALL(''));
  await lab.provider.nft(STRICT_FIREWALL('udp dport 40100 accept'));
  const client = await clientNetd.connect();
  const provider = await providerNetd.connect();
  expect((await client.ask({ verb: 'hello', version: 1 })).splice).toBe(true);
  const ck = keys();
  const pk = keys();
  const c = await client.ask({
    verb: 'create',
    role: 'client',
    privateKey: ck.privateKey,
    ...CLIENT_TUNNEL,
    mtu: 1280,
  });
  const p = await provider.ask({ verb: 'create', role: 'provider', privateKey: pk.privateKey, ...GATEWAY, mtu: 1280 });
  const held = await lab.hold(lab.provider, 40101);
  const stunServer = await lab.probe(lab.provider, 'stun-serve', '40100');
  const stunClient = await lab.probe(lab.client, 'stun-flood', '40001', PROVIDER4, '40100');
  const stunClient2 = await lab.probe(lab.client, 'stun-flood', '40002', PROVIDER4, '40100');
  await client.ask({ verb: 'splice', tunnel: c.tunnel, accept: [40001], send: 40001 });
  await provider.ask({ verb: 'splice', tunnel: p.tunnel, accept: [40100], send: 40100 });
  await provider.ask({ verb: 'peer', tunnel: p.tunnel, publicKey: ck.publicKey, ...CLIENT_TUNNEL });
  await client.ask({
    verb: 'peer',
    tunnel: c.tunnel,
    publicKey: pk.publicKey,
    endpoint: { address: PROVIDER4, port: 40100 },
    keepaliveSeconds: 25,
  });
  await until('the handshake through the splice', async () => {
    const { peers } = await client.ask({ verb: 'counters', tunnel: c.tunnel });
    return (peers[0]?.handshakeAt ?? 0) > 0;
  });
  const seen = (await provider.ask({ verb: 'counters', tunnel: p.tunnel })).peers[0]?.endpoint;
  expect(seen).toEqual({ address: '90.0.0.2', port: 40001 });

  const echo = await lab.echo(lab.provider, 'udp', RESOLVER_PORT, GATEWAY.address4);
  const flood = await lab.flood(lab.client, CLIENT_TUNNEL.address4, GATEWAY.address4, 53, 2_000);
  // A rotation each time: the provider accepts one port more, the client moves to the other of its two.
  for (let i = 0; i < 10; i++) {
    const send = i % 2 === 0 ? 40002 : 40001;
    await provider.ask({ verb: 'splice', tunnel: p.tunnel, accept: [40100, 40101], send: 40100 });
    await client.ask({ verb: 'splice', tunnel: c.tunnel, accept: [40001, 40002], send });
  }
  const { sent, received } = await flood.counts;
  expect(sent).toBeGreaterThan(500 / PATIENCE);
  expect(received).toBe(sent);

  for (const child of [stunClient, stunClient2]) {
    const stun = await lab.report(child);
    expect(stun).toMatchObject({ foreign: 0 });
    expect(stun.replies).toBeGreaterThan(50 / PATIENCE);
    expect(stun.replies).toBe(stun.sent);
  }
  expect(await lab.report(stunServer)).toMatchObject({ foreign: 0 });
  for (const child of [echo, held]) await stop(child, 'SIGKILL');
  for (const space of [lab.client, lab.provider]) await space.nft('delete table inet host_firewall\n');
  await client.close();
  await provider.close();
});

test("WireGuard's own port is hidden from outside while it is spliced", async () => {
  const provider = await providerNetd.connect();
  const { tunnel, listenPort } = await provider.ask({
    verb: 'create',
    role: 'provider',
    privateKey: keys().privateKey,
    ...GATEWAY,
    mtu: 1280,
  });
  const held = await lab.hold(lab.provider, 40100);
  await provider.ask({ verb: 'splice', tunnel, accept: [40100], send: 40100 });
  const rules = await lab.provider.must('nft', 'list', 'chain', 'inet', tunnel, 'splice_in');
  expect(rules).toContain(`udp dport ${listenPort} drop`);
  await expect(provider.ask({ verb: 'splice', tunnel, accept: [listenPort], send: 40100 })).rejects.toMatchObject({
    code: 'netd_refused',
  });
  await provider.ask({ verb: 'splice', tunnel, accept: [], send: 40100 });
  expect(await lab.provider.must('nft', 'list', 'chain', 'inet', tunnel, 'splice_in')).not.toContain('udp');
  await stop(held, 'SIGKILL');
  await provider.close();
});

test('works over IPv6 as well', async () => {
  const client = await clientNetd.connect();
  const provider = await providerNetd.connect();
  const ck = keys();
  const pk = keys();
  const c = await client.ask({
    verb: 'create',
    role: 'client',
    privateKey: ck.privateKey,
    ...CLIENT_TUNNEL,
    mtu: 1280,
  });
  const p = await provider.ask({ verb: 'create', role: 'provider', privateKey: pk.privateKey, ...GATEWAY, mtu: 1280 });
  const held = await Promise.all([lab.hold(lab.client, 40005), lab.hold(lab.provider, 40100)]);
  await client.ask({ verb: 'splice', tunnel: c.tunnel, accept: [40005], send: 40005 });
  await provider.ask({ verb: 'splice', tunnel: p.tunnel, accept: [40100], send: 40100 });
  await provider.ask({ verb: 'peer', tunnel: p.tunnel, publicKey: ck.publicKey, ...CLIENT_TUNNEL });
  const endpoint = { address: '2003:e1::2', port: 40100 };
  await client.ask({ verb: 'peer', tunnel: c.tunnel, publicKey: pk.publicKey, endpoint, keepaliveSeconds: 25 });
  await until('the handshake over IPv6', async () => {
    const { peers } = await client.ask({ verb: 'counters', tunnel: c.tunnel });
    return (peers[0]?.handshakeAt ?? 0) > 0;
  });
  const seen = (await provider.ask({ verb: 'counters', tunnel: p.tunnel })).peers[0]?.endpoint;
  expect(seen).toEqual({ address: '2a01:cb00::2', port: 40005 });
  for (const child of held) await stop(child, 'SIGKILL');
  await client.close();
  await provider.close();
});

test('each remote gets its packets from the port that is routed to it; one that is killed leaves nothing', async () => {
  // Answers only: a packet from the wrong port of the provider never passes.
  await lab.client.nft(STRICT_FIREWALL(''));
  const netd = await lab.netd(lab.neighbour, 'short-lived');
  const short = await netd.connect();
  const client = await clientNetd.connect();
  const provider = await providerNetd.connect();
  const pk = keys();
  const p = await provider.ask({ verb: 'create', role: 'provider', privateKey: pk.privateKey, ...GATEWAY, mtu: 1280 });
  const port = [40110, 40111] as const;
  const ends = [
    { own: 40011, at: CLIENT_TUNNEL, key: keys(), provider: { address: PROVIDER4, port: port[0] }, from: CLIENT4 },
    { own: 40012, at: OTHER_TUNNEL, key: keys(), provider: { address: PROVIDER4, port: port[1] }, from: CLIENT4 },
    {
      own: 40013,
      at: THIRD_TUNNEL,
      key: keys(),
      provider: { address: '2003:e1::2', port: port[1] },
      from: '2a01:cb00::2',
    },
  ];
  await lab.hold(lab.provider, 40100, 40101, 40102, 40119, ...port);
  await lab.hold(lab.neighbour, 40100, 40101, 40102);
  await lab.hold(lab.client, ...ends.map(({ own }) => own));
  // The default is a port that nobody expects anything from.
  const routes = ends.map((end) => ({ remote: { address: end.from, port: end.own }, from: end.provider.port }));
  await provider.ask({ verb: 'splice', tunnel: p.tunnel, accept: [40119, ...port], send: 40119, routes });
  for (const { key, at } of ends)
    await provider.ask({ verb: 'peer', tunnel: p.tunnel, publicKey: key.publicKey, ...at });
  for (const end of ends) {
    const privateKey = end.key.privateKey;
    const { tunnel } = await client.ask({ verb: 'create', role: 'client', privateKey, ...end.at, mtu: 1280 });
    await client.ask({ verb: 'splice', tunnel, accept: [end.own], send: end.own });
    await client.ask({
      verb: 'peer',
      tunnel,
      publicKey: pk.publicKey,
      endpoint: end.provider,
      keepaliveSeconds: 25,
    });
    await until(`the handshake with port ${end.provider.port}`, async () => {
      const { peers } = await client.ask({ verb: 'counters', tunnel });
      return (peers[0]?.handshakeAt ?? 0) > 0 && peers[0]?.endpoint?.port === end.provider.port;
    });
  }

  const many = Array.from({ length: MAX_SPLICE_ROUTES }, (_, i) => ({
    remote: { address: `2001:db8:1:2:3:4:${(i >> 8).toString(16)}:${(i & 255).toString(16)}`, port: 40_000 + i },
    from: 40_100 + (i % 3),
  }));
  const timed = async (what: string, list: typeof many) => {
    const started = performance.now();
    await provider.ask({ verb: 'splice', tunnel: p.tunnel, accept: [40119, ...port], send: 40119, routes: list });
    console.log(`${what}: ${(performance.now() - started).toFixed(0)} ms`);
  };
  await timed(`${MAX_SPLICE_ROUTES} routes`, many);
  await timed('one of them less', many.slice(1));
  await timed('one of them moved', [...many.slice(2), { remote: { address: CLIENT4, port: 9 }, from: 40_110 }]);
  await expect(timed('one too many', [...many, ...many.slice(0, 1)])).rejects.toMatchObject({
    code: 'frame_malformed',
  });

  const { tunnel } = await short.ask({
    verb: 'create',
    role: 'provider',
    privateKey: keys().privateKey,
    ...GATEWAY,
    mtu: 1280,
  });
  await short.ask({ verb: 'splice', tunnel, accept: [40100], send: 40100, routes: many.slice(0, 9) });
  await stop(netd.child, 'SIGKILL');
  expect(await lab.neighbour.must('nft', 'list', 'ruleset')).toContain('splice_from6');
  await lab.netd(lab.neighbour, 'successor');
  expect(await lab.neighbour.must('nft', 'list', 'ruleset')).not.toContain('splice');
  await lab.client.nft('delete table inet host_firewall\n');
  await client.close();
  await provider.close();
});
