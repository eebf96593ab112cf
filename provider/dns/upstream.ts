/**
 * Asks the upstream DNS servers, one question at a time: a fresh random port and id for each (RFC 5452),
 * UDP first and TCP where the answer was cut, the next server after each timeout. It knows no client.
 */
import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { createConnection, isIP, isIPv6 } from 'node:net';
import { isAnswerTo, isTruncated, MAX_UDP_PAYLOAD, type Query, upstreamQuery } from './messages.ts';

export interface UpstreamServer {
  readonly address: string;
  readonly port: number;
}

const TRY_MS = 2_000;
const MAX_TRIES = 3;

/** The raw answer (its id is ours, not the client's), or null when no server gave one in time. */
export async function askUpstream(servers: readonly UpstreamServer[], query: Query): Promise<Buffer | null> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const server = servers[attempt % servers.length];
    if (!server) return null;
    const answer = await byUdp(server, query);
    if (answer && !isTruncated(answer)) return answer;
    if (answer) return (await byTcp(server, query)) ?? answer;
  }
  return null;
}

/** `nameserver` lines of a resolv.conf (resolv.conf(5)); none when there is no such file. */
export async function systemServers(path = '/etc/resolv.conf'): Promise<UpstreamServer[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const found = text
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? '')
    .filter((address) => isIP(address) !== 0);
  return found.slice(0, MAX_TRIES).map((address) => ({ address, port: 53 }));
}

function byUdp(server: UpstreamServer, query: Query): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const id = randomInt(0x10000);
    const socket = dgram.createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
    const timer = setTimeout(() => finish(null), TRY_MS);
    const finish = (answer: Buffer | null) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      resolve(answer);
    };
    socket.on('error', () => finish(null));
    socket.on('message', (message) => {
      // What does not fit the question is somebody else's guess: wait on.
      if (message.length <= 4 * MAX_UDP_PAYLOAD && isAnswerTo(message, id, query.question)) finish(message);
    });
    // Connected: the kernel drops datagrams of any other sender, and reports a closed port.
    socket.connect(server.port, server.address, () => socket.send(upstreamQuery(id, query)));
  });
}

function byTcp(server: UpstreamServer, query: Query): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const id = randomInt(0x10000);
    const socket = createConnection({ host: server.address, port: server.port });
    let received = Buffer.alloc(0);
    const finish = (answer: Buffer | null) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(TRY_MS, () => finish(null));
    socket.on('error', () => finish(null));
    socket.on('close', () => finish(null));
    socket.on('connect', () => socket.write(framed(upstreamQuery(id, query))));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const end = 2 + received.readUInt16BE(0);
      if (received.length < end) return;
      const message = received.subarray(2, end);
      finish(isAnswerTo(message, id, query.question) ? message : null);
    });
  });
}

/** RFC 1035 §4.2.2: two bytes of length before the message. */
export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
