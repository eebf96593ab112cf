/** The home router's port-control service: its address, and a line to it. */
import dgram from 'node:dgram';
import { readFile } from 'node:fs/promises';
import type { RouterLine } from '../../effects.ts';
import { PORT_CONTROL_PORT } from '../../wire/port-control.ts';

/** The gateway of the IPv4 default route (Linux: /proc/net/route); null where there is none. */
export async function gateway(): Promise<string | null> {
  const table = await readFile('/proc/net/route', 'utf8').catch(() => '');
  for (const line of table.split('\n').slice(1)) {
    const [link = '', destination, hex = ''] = line.split('\t');
    // Our own tunnels are no home router.
    if (destination !== '00000000' || !/^[0-9A-F]{8}$/.test(hex) || hex === '00000000' || link.startsWith('wrn'))
      continue;
    return (hex.match(/../g) ?? [])
      .reverse()
      .map((byte) => Number.parseInt(byte, 16))
      .join('.');
  }
  return null;
}

/** Null where there is no router. A connected socket: it hears the router only, and at once when its port is closed. */
export async function openRouterLine(): Promise<RouterLine | null> {
  const router = await gateway();
  if (!router) return null;
  const socket = dgram.createSocket('udp4');
  let refused = () => {};
  socket.on('error', () => refused());
  await new Promise<void>((resolve) => socket.connect(PORT_CONTROL_PORT, router, () => resolve()));
  return {
    client: socket.address().address,
    send: (packet) => socket.send(packet, () => {}),
    onPacket(handler) {
      socket.on('message', (packet) => handler(new Uint8Array(packet)));
    },
    onRefused(handler) {
      refused = handler;
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
