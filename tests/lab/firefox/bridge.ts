/** A TCP port on the loopback of another namespace, as a stream here. */
import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';

/** Joins stdin and stdout with a port; what `nc` does, without another package. */
const JOIN = `const s = require('node:net').connect(+process.argv[1], '127.0.0.1');
s.on('error', () => process.exit(1)); process.stdin.pipe(s).pipe(process.stdout);`;

/** @param node the binary that does the joining. It ends with the stream. */
export function bridge(namespace: string, port: number, node: string): Duplex {
  const child = spawn('ip', ['netns', 'exec', namespace, node, '-e', JOIN, String(port)], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const line = Duplex.from({ readable: child.stdout, writable: child.stdin });
  line.once('close', () => child.kill());
  return line;
}
