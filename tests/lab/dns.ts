/**
 * The lab's name server: authoritative for the origin sites and nothing else, over UDP and TCP.
 * Every question is reported with the address that asked; that report is the DNS-leak test.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import * as packet from 'dns-packet';

export interface DnsQuestion {
  readonly name: string;
  readonly type: string;
  readonly from: string;
  readonly transport: 'udp' | 'tcp';
  /** Epoch ms. */
  readonly at: number;
}

const AUTHORITATIVE = 0x0400;
const REFUSED = 5;
const NXDOMAIN = 3;

export async function startDns(
  address: string,
  zone: Readonly<Record<string, string>>,
  report: (question: DnsQuestion) => void,
): Promise<void> {
  const answer = (query: Buffer, from: string, transport: 'udp' | 'tcp'): packet.Packet | null => {
    let asked: packet.Packet;
    try {
      asked = packet.decode(query);
    } catch {
      return null;
    }
    const question = asked.questions?.[0];
    if (!question) return null;
    const name = question.name.toLowerCase();
    report({ name, type: question.type, from, transport, at: Date.now() });
    const site = Object.keys(zone).find((host) => name === host || name.endsWith(`.${host}`));
    const data = site === name ? zone[site] : undefined;
    return {
      type: 'response',
      id: asked.id ?? 0,
      flags: AUTHORITATIVE | (site ? (data ? 0 : NXDOMAIN) : REFUSED),
      questions: [question],
      answers: data && question.type === 'A' ? [{ type: 'A', name: question.name, ttl: 60, data }] : [],
    };
  };

  const udp = createSocket('udp4');
  udp.on('message', (query, from) => {
    const response = answer(query, from.address, 'udp');
    if (response) udp.send(packet.encode(response), from.port, from.address);
  });
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
  await Promise.all([
    new Promise<void>((resolve) => udp.bind(53, address, resolve)),
    new Promise<void>((resolve) => tcp.listen(53, address, resolve)),
  ]);
}
