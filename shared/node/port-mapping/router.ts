/** The home router's port-control service: its address, and a line to it. */
import dgram from 'node:dgram';
import { readFile } from 'node:fs/promises';
import type { RouterLine } from '../../effects.ts';
import { PORT_CONTROL_PORT } from '../../wire/port-control.ts';
import { connectDatagrams } from '../connect-datagrams.ts';
import { findIgd } from './igd.ts';

/** RTF_UP and RTF_GATEWAY (linux/route.h). */
const UP_GATEWAY = 0x3;

/** The gateway of the IPv4 default route (Linux: /proc/net/route); null where there is none. */
export async function gateway(): Promise<string | null> {
  return defaultGateway(await readFile('/proc/net/route', 'utf8').catch(() => ''));
}

/**
 * Of several default routes the one that the kernel takes: the lowest metric. A VPN's half of the
 * internet (0.0.0.0/1) is no default, and our own tunnels are no home router.
 * @param table the text of /proc/net/route.
 */
export function defaultGateway(table: string): string | null {
  const routes = table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [link = '', destination, gate = '', flags = '', , , metric = '', mask] = line.trim().split(/\s+/);
      const isDefault = destination === '00000000' && mask === '00000000';
      const isUp = (Number.parseInt(flags, 16) & UP_GATEWAY) === UP_GATEWAY;
      if (!isDefault || !isUp || !/^[0-9A-F]{8}$/.test(gate) || link.startsWith('wrn')) return [];
      return [{ gate, metric: Number(metric) }];
    });
  const [best] = routes.sort((a, b) => a.metric - b.metric);
  if (!best) return null;
  const bytes = best.gate.match(/../g) ?? [];
  return bytes
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}

/** Null where there is no router. A connected socket: it hears the router only, and at once when its port is closed. */
export async function openRouterLine(): Promise<RouterLine | null> {
  const router = await gateway();
  if (!router) return null;
  const socket = dgram.createSocket('udp4');
  let refused = () => {};
  await connectDatagrams(socket, PORT_CONTROL_PORT, router);
  socket.on('error', () => refused());
  const client = socket.address().address;
  return {
    client,
    send: (packet) => socket.send(packet, () => {}),
    onPacket(handler) {
      socket.on('message', (packet) => handler(new Uint8Array(packet)));
    },
    onRefused(handler) {
      refused = handler;
    },
    findIgd: () => findIgd(router, client),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
