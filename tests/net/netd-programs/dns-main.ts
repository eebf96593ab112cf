/**
 * A name server on the port that the gateway's port 53 leads to; it knows the given names; six.example has an IPv6 address only.
 *
 * usage: dns-main.ts <address> <name=address>...
 */
import { createSocket } from 'node:dgram';
import * as packet from 'dns-packet';
import { RESOLVER_PORT } from '../../../shared/wire/control.ts';

const [address = '', ...pairs] = process.argv.slice(2);
const names = new Map(pairs.map((pair) => pair.split('=') as [string, string]));
const socket = createSocket('udp4');
socket.on('message', (message, from) => {
  const query = packet.decode(message);
  const { name = '', type = 'A' } = query.questions?.[0] ?? {};
  const known = names.get(name);
  const answers: packet.Answer[] = [];
  if (type === 'A' && known) answers.push({ type: 'A', name, ttl: 30, data: known });
  if (type === 'AAAA' && name === 'six.example')
    answers.push({ type: 'AAAA', name, ttl: 30, data: '2606:2800:220:1::34' });
  const exists = known !== undefined || name === 'six.example';
  const flags = packet.RECURSION_AVAILABLE | (exists ? 0 : 3);
  const questions = query.questions ?? [];
  socket.send(
    packet.encode({ type: 'response', id: query.id ?? 0, flags, questions, answers }),
    from.port,
    from.address,
  );
});
socket.bind(RESOLVER_PORT, address, () => process.stdout.write('listening\n'));
