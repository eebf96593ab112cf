/**
 * One end of a cell: the product's own traversal, driven without the rest of a session. Candidates and
 * credentials come over IPC instead of the handshake; datagrams that are no STUN, which the splice
 * would take to WireGuard, are echoed: that is the proof that packets flow on the nominated pair.
 * Lives for many cells; each `open` begins anew with fresh sockets.
 *
 * usage: agent.ts (as a child with IPC; speaks `Order` and `Said`)
 */
import { openClientEnd } from './client-end.ts';
import type { End } from './end.ts';
import type { Order, Said } from './protocol.ts';
import { openProviderEnd } from './provider-end.ts';

const say = (said: Said): void => {
  if (process.connected) process.send?.(said);
};

let end: Promise<End> | null = null;

async function obey(order: Order): Promise<void> {
  switch (order.do) {
    case 'open':
      end = order.role === 'client' ? openClientEnd(order.profile, say) : openProviderEnd(order.profile, say);
      await end;
      return;
    case 'check':
      (await end)?.check(order.remote);
      // Sockets send on the next tick: the peer must not hear of it before the first check has left.
      await new Promise((resolve) => setImmediate(resolve));
      return say({ say: 'checking' });
    case 'roamed':
      return (await end)?.roamed?.(order.remote);
    case 'moved':
      return (await end)?.moved?.(order.remote);
    case 'close': {
      const closing = end;
      end = null;
      await (await closing)?.close();
      return say({ say: 'closed' });
    }
  }
}

process.on('disconnect', () => process.exit(0));
process.on('message', (order: Order) => {
  obey(order).catch((error: unknown) => say({ say: 'failed', code: 'agent', message: String(error) }));
});
