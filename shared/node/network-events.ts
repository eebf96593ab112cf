/**
 * Tells when addresses, links or routes of this machine change, the moment they do: `ip monitor` listens to
 * rtnetlink for us while somebody wants to know. Without that program nothing is told, and whoever asks polls.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Unsubscribe } from '../effects.ts';

/** Several events come together, and an address is usable a moment after it is announced. */
const SETTLE_MS = 30;
/** Warren's own tunnels come and go by our own doing; loopback says nothing about the way out. */
const OURS = /\bwrn[0-9a-f]{6,}|\blo\b/;
const MAX_UNREAD = 65_536;

export function networkEvents(): (handler: () => void) => Unsubscribe {
  const handlers = new Set<() => void>();
  let child: ChildProcess | null = null;
  const end = () => {
    child?.kill();
    child = null;
  };
  const start = () => {
    child = monitor(() => {
      for (const handler of [...handlers]) handler();
    });
    process.once('exit', end);
  };
  return (handler) => {
    handlers.add(handler);
    if (!child) start();
    return () => {
      handlers.delete(handler);
      if (handlers.size > 0) return;
      process.off('exit', end);
      end();
    };
  };
}

function monitor(changed: () => void): ChildProcess {
  let settling = false;
  let rest = '';
  const child = spawn('ip', ['-o', 'monitor', 'address', 'route', 'link'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
  });
  child.on('error', () => {});
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).slice(-MAX_UNREAD).split('\n');
    rest = lines.pop() ?? '';
    if (!lines.some((line) => line.length > 0 && !OURS.test(line))) return;
    if (settling) return;
    settling = true;
    setTimeout(() => {
      settling = false;
      if (!child.killed) changed();
    }, SETTLE_MS);
  });
  // It must not keep the process alive.
  child.unref();
  return child;
}
