/**
 * The lab's name server: authoritative for the origin sites and nothing else, over UDP and TCP.
 * Every question is reported with the address that asked; that report is the DNS-leak test.
 */
import { createSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';
import * as packet from 'dns-packet';

export interface DnsQuestion {
  readonly name: string;
  readonly type: string;
  readonly from: string;
  readonly transport: 'udp' | 'tcp';
  /** Epoch ms. */
  readonly at: number;
}

/** RFC 9460, which the codec does not know yet. */
const NEWER: Readonly<Record<string, string>> = { UNKNOWN_64: 'SVCB', UNKNOWN_65: 'HTTPS' };
const AUTHORITATIVE = 0x0400;
const REFUSED = 5;
const NXDOMAIN = 3;

/** `zone`: name → addresses of either family. */
export async function startDns(
  addresses: readonly string[],
  zone: Readonly<Record<string, readonly string[]>>,
  report: (question: DnsQuestion) => void,
): Promise<void> {
  const answer: Answer = (query, from, transport) => {
    let asked: packet.Packet;
    try {
      asked = packet.decode(query);
    } catch {
      return null;
    }
    const question = asked.questions?.[0];
    if (!question) return null;
    const name = question.name.toLowerCase();
    report({ name, type: NEWER[question.type] ?? question.type, from, transport, at: Date.now() });
    const site = Object.keys(zone).find((host) => name === host || name.endsWith(`.${host}`));
    const known = site === name ? zone[site] : undefined;
    const type = question.type === 'AAAA' ? 'AAAA' : 'A';
    const wanted = (known ?? []).filter((address) => question.type === type && isIPv6(address) === (type === 'AAAA'));
    return {
      type: 'response',
      id: asked.id ?? 0,
      flags: AUTHORITATIVE | (site ? (known ? 0 : NXDOMAIN) : REFUSED),
      questions: [question],
      answers: wanted.map((data) => ({ type, name: question.name, ttl: 60, data })),
    };
  };

  await Promise.all(addresses.flatMap((address) => [listenUdp(address, answer), listenTcp(address, answer)]));
}

type Answer = (query: Buffer, from: string, transport: 'udp' | 'tcp') => packet.Packet | null;

function listenUdp(address: string, answer: Answer): Promise<void> {
  const udp = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  udp.on('message', (query, from) => {
    const response = answer(query, from.address, 'udp');
    if (response) udp.send(packet.encode(response), from.port, from.address);
  });
  return new Promise((resolve) => udp.bind(53, address, resolve));
}

function listenTcp(address: string, answer: Answer): Promise<void> {
  const tcp = createServer((socket) => {
    let held = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
        const query = held.subarray(2, 2 + held.readUInt16BE(0));
        held = held.subarray(2 + query.length);
        const response = answer(query, socket.remoteAddress ?? '', 'tcp');
        if (response) socket.write(packet.streamEncode(response));
      }
    });
  });
  return new Promise((resolve) => tcp.listen(53, address, resolve));
}
