/**
 * Classifies the NAT in front of it by RFC 5780 against an independent server (coturn), to hold the
 * lab's routers to what they claim. Runs inside a home; prints one line of JSON.
 *
 * usage: classify.ts <server address> <server port> [<gateway that maps the port in question>]
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { StunAddress, StunAttributes } from '../../shared/wire/stun/attributes.ts';
import { BINDING, decodeStun, encodeStun } from '../../shared/wire/stun/message.ts';
import type { Filtering, Mapping } from './nat-kinds.ts';

export interface Classified {
  readonly mapping: Mapping;
  readonly filtering: Filtering;
  readonly preservesPort: boolean;
  readonly mapped: StunAddress | null;
}

const RESENDS = 5;
const RESEND_MS = 80;

function bound(family: 'udp4' | 'udp6'): Promise<Socket> {
  const socket = createSocket(family);
  socket.on('error', () => {});
  return new Promise((resolve) => socket.bind(0, () => resolve(socket)));
}

/** One Binding transaction; null when no answer came, which is an answer too (filtering). */
function ask(socket: Socket, to: StunAddress, attributes: StunAttributes = {}): Promise<StunAttributes | null> {
  const transactionId = randomBytes(12);
  const request = encodeStun({ class: 'request', method: BINDING, transactionId, attributes });
  return new Promise((resolve) => {
    let sent = 0;
    const done = (answer: StunAttributes | null): void => {
      clearInterval(timer);
      socket.off('message', onMessage);
      resolve(answer);
    };
    const onMessage = (packet: Buffer): void => {
      const message = decodeStun(packet);
      if (message?.class === 'success' && transactionId.equals(message.transactionId)) done(message.attributes);
    };
    const send = (): void => {
      if (sent++ >= RESENDS) done(null);
      else socket.send(request, to.port, to.address, () => {});
    };
    const timer = setInterval(send, RESEND_MS);
    socket.on('message', onMessage);
    send();
  });
}

const same = (a: StunAddress | undefined, b: StunAddress | undefined): boolean =>
  a !== undefined && a.address === b?.address && a.port === b.port;

/** RFC 5780 §4.3: the same socket as seen by a first address, a second one, and that one's other port. */
function mappingOf(first: StunAddress, second?: StunAddress, third?: StunAddress): Mapping {
  if (same(first, second)) return 'endpoint-independent';
  return same(second, third) ? 'address-dependent' : 'address-and-port-dependent';
}

/** NAT-PMP (RFC 6886 §3.3): the router lets everybody in on the socket's own port for a minute. */
function openPort(socket: Socket, gateway: string): Promise<void> {
  const { port } = socket.address();
  const request = Buffer.alloc(12);
  request.set([0, 1]);
  request.writeUInt16BE(port, 4);
  request.writeUInt16BE(port, 6);
  request.writeUInt32BE(60, 8);
  socket.send(request, 5351, gateway);
  return new Promise((resolve) => socket.once('message', () => resolve()));
}

async function classify(server: StunAddress, gateway: string | undefined): Promise<Classified> {
  const family = isIPv6(server.address) ? 'udp6' : 'udp4';
  const socket = await bound(family);
  const first = await ask(socket, server);
  const mapped = first?.xorMappedAddress;
  const other = first?.otherAddress;
  if (!mapped || !other) return { mapping: 'none', filtering: 'none', preservesPort: false, mapped: null };
  const second = await ask(socket, { address: other.address, port: server.port });
  const third = await ask(socket, other);
  // A fresh socket: the one above has opened the filter towards the other address already.
  const fresh = await bound(family);
  if (gateway) await openPort(fresh, gateway);
  await ask(fresh, server);
  const elsewhere = await ask(fresh, server, { changeRequest: { ip: true, port: true } });
  const otherPort = elsewhere ? null : await ask(fresh, server, { changeRequest: { ip: false, port: true } });
  return {
    mapping: mappingOf(mapped, second?.xorMappedAddress, third?.xorMappedAddress),
    filtering: elsewhere ? 'endpoint-independent' : otherPort ? 'address-dependent' : 'address-and-port-dependent',
    preservesPort: mapped.port === socket.address().port,
    mapped,
  };
}

const [address = '', port = '3478', gateway] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await classify({ address, port: Number(port) }, gateway))}\n`);
process.exit(0);
