/** The helper's own STUN answers, served on a fake network: two addresses, two ports (RFC 5780). */
import { answerStun } from '../../helper/stun/answer.ts';
import type { Datagrams, TransportAddress } from '../../shared/effects.ts';
import type { Network } from './datagrams.ts';

export function serveStun(network: Network, addresses: readonly [string, string], ports = [3478, 3479] as const) {
  const sockets = new Map<string, Datagrams>();
  const at = (address: string, port: number) => sockets.get(`${address} ${port}`);
  for (const address of addresses)
    for (const port of ports) sockets.set(`${address} ${port}`, network.socket(address, port));
  const other = <T>(pair: readonly [T, T], one: T): T => (pair[0] === one ? pair[1] : pair[0]);
  for (const socket of sockets.values()) {
    const { local } = socket;
    const alternate: TransportAddress = {
      address: other(addresses, local.address),
      port: other(ports, local.port as 3478 | 3479),
    };
    socket.onPacket((packet, from) => {
      const reply = answerStun(packet, from, { local, alternate });
      if (!reply) return;
      const address = reply.change.ip ? alternate.address : local.address;
      at(address, reply.change.port ? alternate.port : local.port)?.send(reply.packet, reply.to);
    });
  }
}
