import dgram from 'node:dgram';
import { connect, createServer, type Server } from 'node:net';
import { type Answer, decode, encode, type Packet } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import type { UpstreamServer } from '../../../provider/dns/servers.ts';
import { startResolver } from '../../../provider/resolver.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function reply(packet: Packet, records: Answer[], truncated = false): Buffer {
  return encode({
    type: 'response',
    ...(packet.id === undefined ? {} : { id: packet.id }),
    flags: truncated ? 0x200 : 0,
    questions: packet.questions ?? [],
    answers: records,
  });
}

/** An upstream DNS server on loopback, UDP and TCP on one port. */
async function upstream(answer: (packet: Packet, tcp: boolean) => Buffer | null): Promise<UpstreamServer> {
  const { udp, tcp, port } = await samePort();
  udp.on('message', (message, from) => {
    const bytes = answer(decode(message), false);
    if (bytes) udp.send(bytes, from.port, from.address);
  });
  tcp.on('connection', (socket) => {
    socket.on('data', (chunk: Buffer) => {
      const bytes = answer(decode(chunk.subarray(2)), true);
      if (bytes) socket.write(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]));
    });
  });
  closers.push(
    () => new Promise<void>((r) => udp.close(r)),
    () => new Promise((r) => tcp.close(r)),
  );
  return { address: '127.0.0.1', port };
}

/** UDP and TCP on one port: a port that the one finds free may be taken for the other. */
async function samePort(): Promise<{ udp: dgram.Socket; tcp: Server; port: number }> {
  for (let tries = 0; ; tries++) {
    const udp = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
    const { port } = udp.address();
    const tcp = createServer();
    const taken = await new Promise<Error | null>((resolve) => {
      tcp.once('error', resolve);
      tcp.listen(port, '127.0.0.1', () => resolve(null));
    });
    if (!taken) return { udp, tcp, port };
    await new Promise<void>((resolve) => udp.close(resolve));
    if (tries === 20) throw taken;
  }
}

async function freePort(): Promise<number> {
  const { udp, tcp, port } = await samePort();
  await new Promise<void>((resolve) => udp.close(resolve));
  await new Promise((resolve) => tcp.close(resolve));
  return port;
}

async function resolver(servers: readonly UpstreamServer[], isClient = (_: string) => true) {
  const port = await freePort();
  const running = await startResolver({ addresses: ['127.0.0.1'], port, upstream: servers, isClient });
  closers.push(() => running.close());
  return { port, running };
}

const QUERY = encode({ type: 'query', id: 3, flags: 0x100, questions: [{ type: 'A', name: 'one.example' }] });

async function askUdp(port: number): Promise<Packet> {
  const socket = dgram.createSocket('udp4');
  closers.push(() => new Promise<void>((r) => socket.close(r)));
  return new Promise((resolve) => {
    socket.on('message', (message) => resolve(decode(message)));
    socket.send(QUERY, port, '127.0.0.1');
  });
}

async function askTcp(port: number, count = 1): Promise<Packet[]> {
  const socket = connect(port, '127.0.0.1');
  closers.push(() => socket.destroy());
  for (let i = 0; i < count; i++) socket.write(Buffer.concat([Buffer.from([0, QUERY.length]), QUERY]));
  const packets: Packet[] = [];
  let rest = Buffer.alloc(0);
  for await (const chunk of socket) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      packets.push(decode(rest.subarray(2, 2 + rest.readUInt16BE(0))));
      rest = rest.subarray(2 + rest.readUInt16BE(0));
    }
    if (packets.length === count) break;
  }
  return packets;
}

const A: Answer = { type: 'A', name: 'one.example', ttl: 60, data: '93.184.216.34' };

describe('the resolver inside the tunnel', () => {
  it('answers over UDP and over TCP', async () => {
    const { port } = await resolver([await upstream((packet) => reply(packet, [A]))]);
    expect(await askUdp(port)).toMatchObject({ id: 3, answers: [{ data: '93.184.216.34' }] });
    expect(await askTcp(port, 3)).toMatchObject([
      { id: 3 },
      { id: 3 },
      { id: 3, answers: [{ data: '93.184.216.34' }] },
    ]);
  });

  it('tells whether anybody answers it', async () => {
    const { running } = await resolver([await upstream((packet) => reply(packet, []))]);
    expect(await running.look()).toBe(true);
    expect(running).toMatchObject({ reachable: true, counts: { asked: 0 } });
  });

  it('asks again by TCP when the upstream cut its answer', async () => {
    const cut = await upstream((packet, tcp) => reply(packet, tcp ? [A] : [], !tcp));
    const { port } = await resolver([cut]);
    expect(await askUdp(port)).toMatchObject({ answers: [{ data: '93.184.216.34' }] });
  });

  it('turns to the next server when one is silent', async () => {
    const silent = await upstream(() => null);
    const { port } = await resolver([silent, await upstream((packet) => reply(packet, [A]))]);
    expect(await askUdp(port)).toMatchObject({ answers: [{ data: '93.184.216.34' }] });
  });

  it('says SERVFAIL when nobody can be asked', async () => {
    const { port, running } = await resolver([{ address: '127.0.0.1', port: await freePort() }]);
    expect(running.reachable).toBeNull();
    expect(await askUdp(port)).toMatchObject({ id: 3, rcode: 'SERVFAIL' });
    expect(running.counts.failed).toBe(1);
    expect(running.reachable).toBe(false);
  });

  it('takes no answer with another id or to another question', async () => {
    const liar = await upstream((packet) => reply({ ...packet, id: ((packet.id ?? 0) + 1) & 0xffff }, [A]));
    const { port } = await resolver([
      liar,
      await upstream((packet) => reply(packet, [{ ...A, data: '93.184.216.35' }])),
    ]);
    expect(await askUdp(port)).toMatchObject({ answers: [{ data: '93.184.216.35' }] });
  });

  it('refuses a name that leads into the home', async () => {
    const { port } = await resolver([await upstream((packet) => reply(packet, [{ ...A, data: '192.168.1.1' }]))]);
    expect(await askUdp(port)).toMatchObject({ rcode: 'REFUSED', answers: [] });
  });

  it('is not open: who is no client hears nothing and is cut off', async () => {
    const { port, running } = await resolver([await upstream((packet) => reply(packet, [A]))], () => false);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await new Promise((resolve) => socket.on('close', resolve));
    const udp = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => udp.send(QUERY, port, '127.0.0.1', () => resolve()));
    await new Promise<void>((resolve) => udp.close(resolve));
    // A client's question afterwards would be counted; the stranger's was not.
    expect(running.counts.asked).toBe(0);
  });
});
