/**
 * Asks the upstream DNS servers: each question at the server that answered last, then at the next one. Servers
 * with a name are asked over TLS and never otherwise; the others with a fresh random port and id for each
 * question (RFC 5452), UDP first and TCP where the answer was cut. It knows no client.
 */
import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { createConnection, isIPv6 } from 'node:net';
import { framed } from './framing.ts';
import { isAnswerTo, isTruncated, MAX_UDP_PAYLOAD, type Query, upstreamQuery } from './messages.ts';
import type { UpstreamServer } from './servers.ts';
import { openTlsLine, type TlsLine } from './tls-line.ts';

export interface Upstream {
  /** The raw answer (its id is ours, not the client's), or null when no server gave one in time. */
  ask(query: Query): Promise<Buffer | null>;
  close(): void;
}

const TRY_MS = 2_000;
const MAX_TRIES = 3;

export function openUpstream(servers: readonly UpstreamServer[]): Upstream {
  const lines = new Map<UpstreamServer, TlsLine>();
  let first = 0;

  function askOne(server: UpstreamServer, query: Query): Promise<Buffer | null> {
    if (server.tlsName === undefined) return byUdp(server, query);
    const line = lines.get(server) ?? openTlsLine(server.address, server.port, server.tlsName);
    lines.set(server, line);
    return line.ask(query);
  }

  return {
    async ask(query) {
      const start = first;
      for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
        const index = (start + attempt) % servers.length;
        const server = servers[index];
        if (!server) return null;
        const answer = await askOne(server, query);
        if (!answer) continue;
        first = index;
        if (server.tlsName !== undefined || !isTruncated(answer)) return answer;
        return (await byTcp(server, query)) ?? answer;
      }
      return null;
    },
    close() {
      for (const line of lines.values()) line.close();
    },
  };
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
