/**
 * Asks one question. Prints `{rcode, truncated, bytes, answers}`, or "silence" after two seconds.
 *
 * usage: dns-ask.ts <udp|tcp> <local address> <server> <port> <type> <name>
 */
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import * as packet from 'dns-packet';

const PATIENCE_MS = 2_000;
const [transport, local = '', server = '', port = '', type = 'A', name = ''] = process.argv.slice(2);
const finish = (text: string) => {
  process.stdout.write(`${text}\n`);
  process.exit(0);
};
const report = (message: Buffer) => {
  const answer = packet.decode(message) as packet.DecodedPacket & { readonly rcode: string };
  const answers = (answer.answers ?? []).map((record) => ('data' in record ? record.data : null));
  finish(JSON.stringify({ rcode: answer.rcode, truncated: answer.flag_tc, bytes: message.length, answers }));
};
setTimeout(() => finish('silence'), PATIENCE_MS);

const question = { type: type as 'A', name };
const query = packet.encode({ type: 'query', id: 9, flags: packet.RECURSION_DESIRED, questions: [question] });
if (transport === 'udp') {
  const socket = createSocket(isIPv6(server) ? 'udp6' : 'udp4');
  socket.on('error', () => {});
  socket.on('message', report);
  socket.bind(0, local, () => socket.send(query, Number(port), server));
} else {
  const socket = connect({ host: server, port: Number(port), localAddress: local });
  let held = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('connect', () => socket.write(packet.streamEncode({ ...packet.decode(query) })));
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    if (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) report(held.subarray(2));
  });
}
