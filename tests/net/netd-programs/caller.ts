/**
 * A caller of netd that has UDP ports: it binds some, makes a client tunnel and splices some. Prints
 * `{code: "ok" | the error's code, message}` and stays; SIGUSR2 lets its ports go.
 *
 * usage: caller.ts <netd socket> <tunnel address> <ports to bind, by commas> <ports to splice, by commas>
 */
import { createSocket } from 'node:dgram';
import { asWarrenError } from '../../../shared/base/errors.ts';
import { connectNetd } from '../../../shared/node/netd-client.ts';
import { keys } from '../keys.ts';

const [path = '', address4 = '', bound = '', spliced = ''] = process.argv.slice(2);
const numbers = (text: string) => text.split(',').filter(Boolean).map(Number);
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);

const sockets = await Promise.all(
  numbers(bound).map(async (port) => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(port, resolve));
    return socket;
  }),
);
process.once('SIGUSR2', () => {
  for (const socket of sockets) socket.close();
  say({ code: 'closed' });
});
const device = await connectNetd(path);
const { tunnel } = await device.ask({
  verb: 'create',
  role: 'client',
  privateKey: keys().privateKey,
  address4,
  address6: `fd77:6172:7265::${address4.split('.').at(-1)}`,
  mtu: 1280,
});
const accept = numbers(spliced);
try {
  await device.ask({ verb: 'splice', tunnel, accept, send: accept[0] ?? 0 });
  say({ code: 'ok', tunnel });
} catch (error) {
  const { code, message } = asWarrenError(error);
  say({ code, message, tunnel });
}
