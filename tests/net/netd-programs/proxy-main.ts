/**
 * Runs one local proxy inside a namespace. Prints its port and credentials; its counters on SIGWINCH;
 * destroys every connection on SIGUSR2.
 *
 * usage: proxy-main.ts <address4> <address6|-> <resolver>
 */
import { createLocalProxy } from '../../../native-host/local-proxy/proxy.ts';

const [address4 = '', address6 = '-', resolver = ''] = process.argv.slice(2);
const proxy = await createLocalProxy({
  localAddress4: address4,
  localAddress6: address6 === '-' ? null : address6,
  resolver: { address: resolver, port: 53 },
});
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
process.on('SIGWINCH', () => say(proxy.counters()));
process.on('SIGUSR2', () => proxy.destroyAll());
say({ port: proxy.port, username: proxy.username, password: proxy.password });
