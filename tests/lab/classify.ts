/**
 * Classifies the NAT in front of it by RFC 5780 against an independent server (coturn), to hold the
 * lab's routers to what they claim. Runs inside a home; prints one line of JSON.
 *
 * usage: classify.ts <server address> <server port>
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { StunAddress, StunAttributes } from '../../shared/wire/stun/attributes.ts';
import { BINDING, decodeStun, encodeStun } from '../../shared/wire/stun/message.ts';
import type { Filtering, Mapping } from './nat.ts';

export interface Classified {
  readonly mapping: Mapping;
  readonly filtering: Filtering;
  readonly preservesPort: boolean;
  readonly mapped: StunAddress | null;
}

const RESENDS = 5;
const RESEND_MS = 80;

function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
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

async function classify(server: StunAddress): Promise<Classified> {
  const socket = await bound();
  const first = await ask(socket, server);
  const mapped = first?.xorMappedAddress;
  const other = first?.otherAddress;
  if (!mapped || !other) return { mapping: 'none', filtering: 'none', preservesPort: false, mapped: null };
  const second = await ask(socket, { address: other.address, port: server.port });
  // A fresh socket: the one above has opened the filter towards the other address already.
  const fresh = await bound();
  await ask(fresh, server);
  const elsewhere = await ask(fresh, server, { changeRequest: { ip: true, port: true } });
  const otherPort = elsewhere ? null : await ask(fresh, server, { changeRequest: { ip: false, port: true } });
  return {
    mapping: same(mapped, second?.xorMappedAddress) ? 'endpoint-independent' : 'address-and-port-dependent',
    filtering: elsewhere ? 'endpoint-independent' : otherPort ? 'address-dependent' : 'address-and-port-dependent',
    preservesPort: mapped.port === socket.address().port,
    mapped,
  };
}

const [address = '', port = '3478'] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await classify({ address, port: Number(port) }))}\n`);
process.exit(0);
