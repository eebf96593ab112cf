/**
 * The client's side of the tunnels without a session: one back end, driven over IPC by the test that
 * started it. Runs as an ordinary user in the client's namespace.
 *
 * usage: driver.ts <netd socket> <netd|rootless>
 */
import { createBackEnd, type TunnelChoice } from '../../../native-host/back-end.ts';
import { asWarrenError } from '../../../shared/base/errors.ts';
import type { Datagrams, TunnelDevice } from '../../../shared/effects.ts';
import type { Order, Report } from './orders.ts';

const [netdSocket = '', choice = 'netd'] = process.argv.slice(2);
const backEnd = createBackEnd(netdSocket, choice as TunnelChoice);
const sockets: Datagrams[] = [];
let device: TunnelDevice | null = null;
let lost = false;

async function connect(): Promise<unknown> {
  device = await backEnd.connectNetd();
  lost = false;
  device.onLost(() => {
    lost = true;
  });
  return device.ask({ verb: 'hello', version: 1 });
}

async function carryOut(order: Order): Promise<unknown> {
  switch (order.what) {
    case 'connect':
      return connect();
    case 'ask':
      if (!device) throw new Error('not connected');
      return device.ask(order.verb);
    case 'ports': {
      for (let i = 0; i < order.count; i++) sockets.push(await backEnd.openDatagrams());
      return sockets.map(({ local }) => local.port);
    }
    case 'proxy': {
      const { port, username, password } = await backEnd.openProxy(order.options);
      return { port, username, password };
    }
    case 'control': {
      const control = await backEnd.connectControl(order.from, 2_000);
      return new Promise((resolve) => {
        control.onMessage(resolve);
        control.onLost((error) => resolve(error.data()));
        control.send({ type: 'hello', session: `0x${'00'.repeat(32)}` });
      });
    }
    case 'lost':
      return lost;
    case 'close':
      return device?.close();
  }
}

process.on('message', async ({ id, order }: { id: number; order: Order }) => {
  const report = (answer: Omit<Report, 'id'>) => process.send?.({ id, ...answer });
  try {
    report({ result: (await carryOut(order)) ?? null });
  } catch (error) {
    report({ error: asWarrenError(error).data() });
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.({ id: 0, result: 'ready' } satisfies Report);
