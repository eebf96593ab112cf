/** The STUN server's sockets: two addresses with two ports each where given (RFC 5780), else one. */
import type { Datagrams, TransportAddress } from '../../shared/effects.ts';
import { createDatagrams } from '../../shared/node/datagrams.ts';
import type { Metrics } from '../metrics.ts';
import { createRateLimit, sourceOf } from '../rate-limit.ts';
import { answerStun, elsewhere } from './answer.ts';
import { answerClassic } from './classic.ts';

export interface StunServerOptions {
  readonly primary: TransportAddress;
  /** The other address and the other port; null: no RFC 5780. */
  readonly alternate: TransportAddress | null;
  readonly metrics: Metrics;
}

export interface StunServer {
  readonly addresses: readonly TransportAddress[];
  close(): Promise<void>;
}

/** A home behind carrier NAT shares its address with hundreds; a flood has thousands a second. */
const PER_SOURCE = { perSecond: 50, burst: 200 };

export async function startStunServer({ primary, alternate, metrics }: StunServerOptions): Promise<StunServer> {
  const limit = createRateLimit(PER_SOURCE);
  const sockets = new Map<string, Datagrams>();
  const nameOf = (address: string, port: number) => `${address} ${port}`;
  const other = (local: TransportAddress): TransportAddress | null =>
    alternate && {
      address: local.address === primary.address ? alternate.address : primary.address,
      port: local.port === primary.port ? alternate.port : primary.port,
    };

  function serve(socket: Datagrams): void {
    const { local } = socket;
    const there = other(local);
    socket.onPacket((packet, from) => {
      if (!limit.take(sourceOf(from.address), performance.now()))
        return metrics.count('warren_stun_total', { outcome: 'limited' });
      const place = { local, alternate: there };
      const reply = answerStun(packet, from, place) ?? answerClassic(packet, from, place);
      if (!reply) return metrics.count('warren_stun_total', { outcome: 'ignored' });
      const { address, port } = there ? elsewhere(local, there, reply.change) : local;
      sockets.get(nameOf(address, port))?.send(reply.packet, reply.to);
      metrics.count('warren_stun_total', { outcome: 'answered' });
    });
  }

  const places = alternate
    ? [primary.address, alternate.address].flatMap((address) =>
        [primary.port, alternate.port].map((port) => ({ address, port })),
      )
    : [primary];
  try {
    for (const { address, port } of places) {
      const socket = await createDatagrams({ address, port });
      sockets.set(nameOf(address, socket.local.port), socket);
      serve(socket);
    }
  } catch (thrown) {
    await Promise.all([...sockets.values()].map((socket) => socket.close()));
    throw thrown;
  }
  return {
    addresses: [...sockets.values()].map((socket) => socket.local),
    close: async () => {
      await Promise.all([...sockets.values()].map((socket) => socket.close()));
    },
  };
}
