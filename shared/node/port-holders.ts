/**
 * Who holds a port of this machine, by the kernel's own tables (proc_net(5), proc_pid_fd(5)): its user, and
 * for programs that we may look into also which one. Changes nothing.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export type Protocol = 'udp' | 'tcp';

export interface Holder {
  /** Null: a program of another user, which only root can see. */
  readonly program: { readonly name: string; readonly pid: number } | null;
  readonly user: string;
  /** How many of its ports are like this one. */
  readonly ports: number;
}

interface Held {
  readonly port: number;
  readonly user: number;
  readonly inode: string;
}

/** Of a TCP socket's states, the one that holds a port for itself. */
const LISTENING = '0A';

/** Null: nobody does, or the system does not tell. */
export function holderOf(protocol: Protocol, port: number): Holder | null {
  const held = socketsOf(protocol).filter((socket) => socket.port === port && isHolding(protocol, socket));
  return busiest(held);
}

/** Whoever holds most ports; null: nobody holds any. */
export function busiestHolder(protocol: Protocol): Holder | null {
  return busiest(socketsOf(protocol));
}

/** `"python3" (process 812)`, or `a program of root`. */
export function holderWords({ program, user }: Holder): string {
  return program ? `"${program.name}" (process ${program.pid})` : `a program of the user ${user}`;
}

type Listed = Held & { readonly state: string };

function isHolding(protocol: Protocol, { state }: Listed): boolean {
  return protocol === 'udp' || state === LISTENING;
}

function busiest(held: readonly Held[]): Holder | null {
  const owners = ownersOf(new Set(held.map(({ inode }) => inode)));
  const byHolder = new Map<string, { readonly first: Held; readonly ports: Set<number> }>();
  for (const socket of held) {
    const key = `${owners.get(socket.inode) ?? ''} ${socket.user}`;
    const known = byHolder.get(key) ?? { first: socket, ports: new Set() };
    known.ports.add(socket.port);
    byHolder.set(key, known);
  }
  const [most] = [...byHolder.values()].sort((a, b) => b.ports.size - a.ports.size);
  if (!most) return null;
  const pid = owners.get(most.first.inode);
  const program = pid === undefined ? null : { pid, name: nameOf(pid) };
  return { program, user: userName(most.first.user), ports: most.ports.size };
}

function socketsOf(protocol: Protocol): readonly Listed[] {
  return [`/proc/self/net/${protocol}`, `/proc/self/net/${protocol}6`].flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line) => {
        const [, local = '', , state = '', , , , user = '', , inode = '0'] = line.trim().split(/\s+/);
        const port = /^[0-9A-F]{8,32}:([0-9A-F]{4})$/.exec(local)?.[1];
        return port === undefined ? [] : [{ port: Number.parseInt(port, 16), user: Number(user), inode, state }];
      }),
  );
}

/** Socket → process, of all processes whose files we may see. */
function ownersOf(inodes: ReadonlySet<string>): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  for (const pid of namesIn('/proc').filter((name) => /^\d+$/.test(name)))
    for (const file of namesIn(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(targetOf(`/proc/${pid}/fd/${file}`))?.[1];
      if (inode !== undefined && inodes.has(inode)) owners.set(inode, Number(pid));
    }
  return owners;
}

/** As it was called: what it calls itself may be the name of a thread. */
function nameOf(pid: number): string {
  const [called = ''] = textOf(`/proc/${pid}/cmdline`).split(/[\0 ]/);
  return called.split('/').at(-1) || textOf(`/proc/${pid}/comm`).trim();
}

function userName(id: number): string {
  const line = textOf('/etc/passwd')
    .split('\n')
    .find((text) => text.split(':')[2] === String(id));
  return line?.split(':')[0] ?? String(id);
}

/** Processes come and go while we look. */
function orElse<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

const namesIn = (folder: string) => orElse<string[]>([], () => readdirSync(folder));
const textOf = (file: string) => orElse('', () => readFileSync(file, 'utf8'));
const targetOf = (link: string) => orElse('', () => readlinkSync(link));
