/**
 * What a machine that is too busy drops, by its own count: packets for which a socket's buffer or a tunnel's
 * queue had no room, since whoever reads them was not let to run. No change of port does that.
 */
import { inNamespace } from '../lab/run.ts';

/** In all these namespaces together, since they were made. */
export async function overflows(namespaces: readonly string[]): Promise<number> {
  const counts = await Promise.all(namespaces.map((namespace) => Promise.all([sockets(namespace), queues(namespace)])));
  return counts.flat().reduce((sum, count) => sum + count, 0);
}

async function sockets(namespace: string): Promise<number> {
  const text = await inNamespace(namespace, 'cat', ['/proc/net/snmp', '/proc/net/snmp6']);
  const [names = [], values = []] = [...text.matchAll(/^Udp: (.*)$/gm)].map(([, line = '']) => line.split(' '));
  const udp4 = Number(values[names.indexOf('RcvbufErrors')] ?? 0);
  const [, udp6 = '0'] = /^Udp6RcvbufErrors\s+(\d+)/m.exec(text) ?? [];
  return udp4 + Number(udp6);
}

interface Link {
  readonly ifname: string;
  readonly stats64: Readonly<Record<'rx' | 'tx', { readonly dropped: number }>>;
}

async function queues(namespace: string): Promise<number> {
  const links = JSON.parse(await inNamespace(namespace, 'ip', ['-s', '-json', 'link'])) as readonly Link[];
  const tunnels = links.filter(({ ifname }) => ifname.startsWith('wrn'));
  return tunnels.reduce((sum, { stats64: { rx, tx } }) => sum + rx.dropped + tx.dropped, 0);
}
