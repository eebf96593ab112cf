/**
 * A DNS server of the internet: port 53 over UDP and TCP, 853 over TLS. Prints a line for every question:
 * `<udp|tcp|tls> <length of the question> <type> <name>`.
 *
 * usage: upstream-main.ts <address> <key file> <certificate file>
 */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import * as packet from 'dns-packet';

const [address = '', key = '', certificate = ''] = process.argv.slice(2);
const say = (text: string) => process.stdout.write(`${text}\n`);

const ZONE: Readonly<Record<string, packet.Answer>> = {
  'web.example': { type: 'A', name: 'web.example', ttl: 30, data: '93.184.216.34' },
  'home.example': { type: 'A', name: 'home.example', ttl: 30, data: '192.168.2.50' },
  'long.example': { type: 'TXT', name: 'long.example', ttl: 30, data: Array(12).fill('x'.repeat(200)) },
  'lure.example': { type: 'CNAME', name: 'lure.example', ttl: 30, data: 'ads.tracker.example' },
  'ads.tracker.example': { type: 'A', name: 'ads.tracker.example', ttl: 30, data: '93.184.216.35' },
};

function answer(message: Buffer, transport: 'udp' | 'tcp' | 'tls'): Buffer {
  const query = packet.decode(message);
  const [question] = query.questions ?? [];
  say(`${transport} ${message.length} ${question?.type} ${question?.name}`);
  const found = ZONE[question?.name ?? ''];
  const answers = found && (found.type === question?.type || found.type === 'CNAME') ? [found] : [];
  const whole = { type: 'response', id: query.id ?? 0, questions: query.questions ?? [] } as const;
  const bytes = packet.encode({ ...whole, flags: packet.RECURSION_AVAILABLE | (found ? 0 : 3), answers });
  if (transport !== 'udp' || bytes.length <= 1232) return bytes;
  return packet.encode({ ...whole, flags: packet.RECURSION_AVAILABLE | packet.TRUNCATED_RESPONSE });
}

function stream(transport: 'tcp' | 'tls') {
  return (socket: Socket) => {
    let held = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
        const message = held.subarray(2, 2 + held.readUInt16BE(0));
        held = held.subarray(2 + message.length);
        const bytes = answer(message, transport);
        const length = Buffer.alloc(2);
        length.writeUInt16BE(bytes.length);
        socket.write(Buffer.concat([length, bytes]));
      }
    });
  };
}

const udp = createSocket('udp4');
udp.on('message', (message, from) => udp.send(answer(message, 'udp'), from.port, from.address));
const tls = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate), ALPNProtocols: ['dot'] });
tls.on('secureConnection', stream('tls'));
tls.on('tlsClientError', () => {});
await Promise.all([
  new Promise<void>((resolve) => udp.bind(53, address, resolve)),
  new Promise<void>((resolve) => void createServer(stream('tcp')).listen(53, address, resolve)),
  new Promise<void>((resolve) => void tls.listen(853, address, resolve)),
]);
say('listening');
