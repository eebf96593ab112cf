/** A UDP socket of the namespace's loopback, made there and handed to us: it stays there, and is ours to use. */
import { Socket } from 'node:dgram';
import { WarrenError } from '../../shared/base/errors.ts';
import type { Namespace } from './unshare.ts';

export interface Leg {
  readonly port: number;
  /** To WireGuard. */
  send(packet: Uint8Array): void;
  /** From WireGuard, and from nobody else. */
  onPacket(handler: (packet: Uint8Array) => void): void;
  close(): void;
}

/** @throws WarrenError `netd_unreachable` when the namespace is gone. */
export async function openLeg(namespace: Namespace, wireGuardPort: number): Promise<Leg> {
  const { handle: socket } = await namespace.ask({ what: 'leg' });
  if (!(socket instanceof Socket)) throw new WarrenError('internal', 'A socket got lost on its way.', 'Connect again.');
  // ICMP errors surface here: WireGuard is gone, and its packets are lost.
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.connect(wireGuardPort, '127.0.0.1', resolve));
  let open = true;
  return {
    port: socket.address().port,
    send(packet) {
      if (open) socket.send(packet);
    },
    onPacket(handler) {
      socket.on('message', handler);
    },
    close() {
      if (!open) return;
      open = false;
      socket.close();
    },
  };
}
