/** Tunnels, ownership and leftovers, with real wireguard-go in real namespaces. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keys } from './keys.ts';
import { CLIENT_TUNNEL, GATEWAY, join, type Netd, NetdLab, run, stop, until } from './netd-lab.ts';

const lab = new NetdLab();
let clientNetd: Netd;
let providerNetd: Netd;

beforeAll(async () => {
  await lab.up();
  clientNetd = await lab.netd(lab.client, 'client');
  providerNetd = await lab.netd(lab.provider, 'provider');
});
afterAll(() => lab.down());

/** Everything of netd's that a namespace holds, as text; empty when there is nothing. */
async function traces(space = lab.client): Promise<string> {
  const links = (await space.must('ip', '-o', 'link')).split('\n').filter((line) => line.includes('wrn'));
  const rules4 = (await space.must('ip', '-4', 'rule')).split('\n').filter((line) => line.includes('proto'));
  const rules6 = (await space.must('ip', '-6', 'rule')).split('\n').filter((line) => line.includes('proto'));
  const tables = (await space.must('nft', 'list', 'tables')).split('\n').filter((line) => line.includes('wrn'));
  const { stdout } = await run('ip', ['netns', 'pids', space.name]);
  const processes: string[] = [];
  for (const pid of stdout.split('\n').filter(Boolean))
    if ((await run('cat', [`/proc/${pid}/cmdline`])).stdout.includes('wireguard-go')) processes.push(pid);
  return [...links, ...rules4, ...rules6, ...tables, ...processes].join('\n');
}

describe('a tunnel', () => {
  test('carries packets both ways, IPv4 and IPv6, and counts them', async () => {
    const pair = await join(await clientNetd.connect(), await providerNetd.connect());
    const echo = await lab.echo(lab.provider, 'tcp', 7077);
    expect(await lab.client.reach('tcp', CLIENT_TUNNEL.address4, GATEWAY.address4, 7077)).toBe('ok');
    expect(await lab.client.reach('tcp', CLIENT_TUNNEL.address6, GATEWAY.address6, 7077)).toBe('ok');
    await stop(echo, 'SIGKILL');
    const { peers } = await pair.provider.ask({ verb: 'counters', tunnel: pair.providerTunnel });
    expect(peers).toHaveLength(1);
    expect(peers[0]?.publicKey).toBe(pair.clientKeys.publicKey);
    expect(peers[0]?.endpoint).toEqual({ address: '90.0.0.2', port: pair.clientPort });
    expect(peers[0]?.rxBytes).toBeGreaterThan(400);
    await pair.client.close();
    await pair.provider.close();
  });

  test('lets nobody at the other end reach the services of the client', async () => {
    const pair = await join(await clientNetd.connect(), await providerNetd.connect());
    const service = await lab.echo(lab.client, 'tcp', 8080);
    expect(await lab.internet.reach('tcp', '90.0.0.1', '90.0.0.2', 8080)).toBe('ok');
    expect(await lab.provider.reach('tcp', GATEWAY.address4, CLIENT_TUNNEL.address4, 8080)).toBe('timeout');
    expect(await lab.provider.reach('tcp', GATEWAY.address6, CLIENT_TUNNEL.address6, 8080)).toBe('timeout');
    await stop(service, 'SIGKILL');
    await pair.client.close();
    await pair.provider.close();
  });

  test('its packets grow to what its peer can be sent whole, and no further', async () => {
    const pair = await join(await clientNetd.connect(), await providerNetd.connect());
    const { client, provider, clientTunnel, providerTunnel, clientKeys, providerKeys } = pair;
    const grow = { verb: 'mtu', mtu: 1420 } as const;
    await client.ask({ ...grow, tunnel: clientTunnel, publicKey: providerKeys.publicKey });
    expect(await lab.client.must('ip', '-o', 'link', 'show', clientTunnel)).toContain('mtu 1420');
    await until('the client has been heard', async () => {
      const { peers } = await provider.ask({ verb: 'counters', tunnel: providerTunnel });
      return peers[0]?.endpoint !== null;
    });
    await lab.provider.must('ip', 'link', 'set', 'wan', 'mtu', '1400');
    await provider.ask({ ...grow, tunnel: providerTunnel, publicKey: clientKeys.publicKey });
    await lab.provider.must('ip', 'link', 'set', 'wan', 'mtu', '1500');
    const toClient = await lab.provider.must('ip', 'route', 'show', 'table', 'all', CLIENT_TUNNEL.address4);
    expect(toClient).toContain('mtu 1340');
    await expect(client.ask({ ...grow, tunnel: clientTunnel, publicKey: clientKeys.publicKey })).rejects.toThrow();
    await pair.client.close();
    await pair.provider.close();
  });

  test('leaves no trace once its connection is closed', async () => {
    const pair = await join(await clientNetd.connect(), await providerNetd.connect());
    expect(await traces()).not.toBe('');
    await pair.client.close();
    await pair.provider.close();
    await until('the client is clean', async () => (await traces()) === '');
    await until('the provider is clean', async () => (await traces(lab.provider)) === '');
  });

  test('is destroyed on request, and its name answers no more', async () => {
    const device = await clientNetd.connect();
    const { tunnel } = await device.ask({
      verb: 'create',
      role: 'client',
      privateKey: keys().privateKey,
      ...CLIENT_TUNNEL,
      mtu: 1280,
    });
    await device.ask({ verb: 'destroy', tunnel });
    expect(await traces()).toBe('');
    await expect(device.ask({ verb: 'counters', tunnel })).rejects.toMatchObject({ code: 'netd_refused' });
    await device.close();
  });

  test('belongs to its connection: another one can not touch it', async () => {
    const owner = await clientNetd.connect();
    const stranger = await clientNetd.connect();
    const { tunnel } = await owner.ask({
      verb: 'create',
      role: 'client',
      privateKey: keys().privateKey,
      ...CLIENT_TUNNEL,
      mtu: 1280,
    });
    await expect(stranger.ask({ verb: 'destroy', tunnel })).rejects.toMatchObject({ code: 'netd_refused' });
    await expect(stranger.ask({ verb: 'counters', tunnel })).rejects.toMatchObject({ code: 'netd_refused' });
    await stranger.close();
    expect((await owner.ask({ verb: 'counters', tunnel })).peers).toEqual([]);
    await owner.close();
  });

  test('lives beside others on the same machine, each with its own route', async () => {
    const device = await clientNetd.connect();
    const addresses = ['100.90.0.2', '100.91.0.2', '100.92.0.2'];
    for (const [i, address4] of addresses.entries())
      await device.ask({
        verb: 'create',
        role: 'client',
        privateKey: keys().privateKey,
        address4,
        address6: `fd77:6172:7265::9${i}`,
        mtu: 1280,
      });
    const links = new Set<string>();
    for (const address of addresses)
      links.add(
        /dev (\S+)/.exec(await lab.client.must('ip', 'route', 'get', '93.184.216.34', 'from', address))?.[1] ?? '',
      );
    expect(links.size).toBe(3);
    expect([...links].every((link) => link.startsWith('wrn'))).toBe(true);
    const unbound = await lab.client.must('ip', 'route', 'get', '93.184.216.34');
    expect(unbound).toContain('dev wan');
    await device.close();
  });

  test('moves to a port of the caller, and says so when the port is taken', async () => {
    const device = await clientNetd.connect();
    const { tunnel } = await device.ask({
      verb: 'create',
      role: 'client',
      privateKey: keys().privateKey,
      ...CLIENT_TUNNEL,
      mtu: 1280,
    });
    await device.ask({ verb: 'rebind', tunnel, port: 40123 });
    expect(await lab.client.must('ss', '-Hlun')).toContain(':40123');
    const holder = await lab.echo(lab.client, 'udp', 40124, '90.0.0.2');
    await expect(device.ask({ verb: 'rebind', tunnel, port: 40124 })).rejects.toMatchObject({ code: 'port_busy' });
    expect(await lab.client.must('ss', '-Hlun')).toContain(':40123');
    await stop(holder, 'SIGKILL');
    await device.close();
  });
});

describe('after kill -9', () => {
  test('the owner learns it, and the next netd reaps what was left', async () => {
    await until('the client is clean', async () => (await traces()) === '');
    const device = await clientNetd.connect();
    let lost = false;
    device.onLost(() => {
      lost = true;
    });
    await device.ask({ verb: 'create', role: 'client', privateKey: keys().privateKey, ...CLIENT_TUNNEL, mtu: 1280 });
    await stop(clientNetd.child, 'SIGKILL');
    await until('the owner learns it', () => lost);
    expect(await traces()).toContain('wrn');
    clientNetd = await lab.netd(lab.client, 'client');
    expect(await traces()).toBe('');
    const belt = await lab.client.must('nft', 'list', 'table', 'inet', 'warren_belt');
    expect(belt).toContain(`${CLIENT_TUNNEL.address4} timeout 1h`);
  });

  test('a netd of another namespace touches nothing here', async () => {
    const device = await clientNetd.connect();
    await device.ask({ verb: 'create', role: 'client', privateKey: keys().privateKey, ...CLIENT_TUNNEL, mtu: 1280 });
    const before = await traces();
    await stop(providerNetd.child, 'SIGKILL');
    providerNetd = await lab.netd(lab.provider, 'provider');
    expect(await traces()).toBe(before);
    await device.close();
  });

  test('a second netd in the same namespace does not start', async () => {
    await expect(lab.netd(lab.client, 'second')).rejects.toThrow(/runs already in this network namespace/);
    expect((await (await clientNetd.connect()).ask({ verb: 'hello', version: 1 })).version).toBe(1);
  });
});

test('a provider restores the forwarding switches of its machine', async () => {
  const read = async () => (await lab.provider.must('cat', '/proc/sys/net/ipv4/ip_forward')).trim();
  expect(await read()).toBe('0');
  const device = await providerNetd.connect();
  const create = { verb: 'create', role: 'provider', privateKey: keys().privateKey, ...GATEWAY, mtu: 1280 } as const;
  const { tunnel } = await device.ask(create);
  expect(await read()).toBe('0');
  await device.ask({ verb: 'egress', tunnel, forbid: [], blockedTcpPorts: [25] });
  expect(await read()).toBe('1');
  await device.ask({ verb: 'destroy', tunnel });
  expect(await read()).toBe('0');
  const again = await device.ask(create);
  await device.ask({ verb: 'egress', tunnel: again.tunnel, forbid: [], blockedTcpPorts: [25] });
  await stop(providerNetd.child, 'SIGKILL');
  expect(await read()).toBe('1');
  providerNetd = await lab.netd(lab.provider, 'provider');
  expect(await read()).toBe('0');
});
