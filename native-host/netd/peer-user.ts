/**
 * Which user is at the other end of a Unix socket, as the kernel noted it at connect (SO_PEERCRED, unix(7)). Node
 * has no call for it, so the socket is lent for a moment to perl, which every Debian has (perl-base is essential).
 */
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** SOL_SOCKET and SO_PEERCRED have these numbers on x86 and ARM. struct ucred is process, user, group. */
const SCRIPT = 'open(my $s, "+<&=", 3) or exit 1; print((unpack "iII", getsockopt($s, 1, 17) // exit 1)[1])';
const TIMEOUT_MS = 5_000;

/**
 * To be asked before anything reads from the socket. Resolves with the user's number as this process's user
 * namespace has it, or null when it can not be told.
 */
export function peerUser(perl: string, socket: Socket): Promise<number | null> {
  return new Promise((resolve) => {
    // As descriptor 3: libuv makes 0 to 2 blocking, and that would hold for our end of it as well.
    const child = spawn(perl, ['-e', SCRIPT], {
      stdio: ['ignore', 'pipe', 'ignore', socket],
      env: { LC_ALL: 'C' },
      cwd: '/',
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    // Node stops reading what it lends, and does not go on by itself.
    socket.resume();
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1');
    });
    child.once('error', () => resolve(null));
    child.once('close', (code) => resolve(code === 0 && /^\d{1,10}$/.test(output) ? Number(output) : null));
  });
}
