/**
 * Whose a UDP port is: a caller may join to its tunnel only ports on which every socket is its own user's. Else it
 * could take another program's packets (those that look like WireGuard's), or send under its port.
 */
import { readFileSync } from 'node:fs';
import type { Verb } from '../../shared/wire/netd.ts';
import { refuse } from './refusal.ts';

export type SpliceBody = Extract<Verb, { verb: 'splice' }>;

/** Local port → the users that have a socket there, on whichever address. */
export type UdpOwners = ReadonlyMap<number, ReadonlySet<number>>;

/** Of this network namespace. Kernel WireGuard's own sockets stand there too, as root's. */
export function udpOwners(): UdpOwners {
  const owners = new Map<number, Set<number>>();
  for (const file of ['/proc/self/net/udp', '/proc/self/net/udp6'])
    for (const { port, user } of parseSockets(textOf(file))) {
      const users = owners.get(port) ?? new Set();
      owners.set(port, users.add(user));
    }
  return owners;
}

/** The lines of /proc/net/udp (proc_net(5)): "0: 0100007F:0035 …", the user in the eighth column. */
export function parseSockets(text: string): readonly { readonly port: number; readonly user: number }[] {
  return text.split('\n').flatMap((line) => {
    const [slot = '', local = '', , , , , , user = ''] = line.trim().split(/\s+/);
    const port = /^[0-9A-F]{8,32}:([0-9A-F]{4})$/.exec(local)?.[1];
    if (!/^\d+:$/.test(slot) || port === undefined || !/^\d+$/.test(user)) return [];
    return [{ port: Number.parseInt(port, 16), user: Number(user) }];
  });
}

/**
 * What of a wanted splice can be had. Ports that nobody has (any more) are left out: nothing arrives there, and who
 * opens one next may be somebody else.
 * @param taken ports of other tunnels.
 * @throws WarrenError `netd_refused` when one is another program's.
 */
export function permitted(body: SpliceBody, user: number, owners: UdpOwners, taken: ReadonlySet<number>): SpliceBody {
  for (const port of portsOf(body))
    if (taken.has(port) || isForeign(port, user, owners))
      throw refuse(`UDP port ${port} is another program's.`, 'Try again: another port will be chosen.');
  return only(body, (port) => owners.has(port));
}

/** The same splice without what has become another user's since; null: nothing has. */
export function stillOwn(body: SpliceBody, user: number, owners: UdpOwners): SpliceBody | null {
  const lost = portsOf(body).filter((port) => isForeign(port, user, owners));
  return lost.length === 0 ? null : only(body, (port) => !lost.includes(port));
}

export function portsOf({ accept, send, routes = [] }: SpliceBody): readonly number[] {
  return [...new Set([...accept, send, ...routes.map(({ from }) => from)])];
}

function only(body: SpliceBody, keep: (port: number) => boolean): SpliceBody {
  const accept = body.accept.filter(keep);
  const send = keep(body.send) ? body.send : (accept[0] ?? body.send);
  return { ...body, accept, send, routes: (body.routes ?? []).filter(({ from }) => keep(from)) };
}

function isForeign(port: number, user: number, owners: UdpOwners): boolean {
  return [...(owners.get(port) ?? [])].some((owner) => owner !== user);
}

/** A kernel without IPv6 has no such file. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
