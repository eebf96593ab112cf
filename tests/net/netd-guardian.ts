/**
 * Outlives a test that was killed: when the pipe to its owner closes, for whatever reason, it ends every
 * process in the owner's namespaces and removes them and the folder. After a proper end it finds nothing.
 *
 * usage: netd-guardian.ts <folder> <namespace>…     (stdin = the pipe)
 */
import { rmSync } from 'node:fs';
import { runSync } from '../lab/run.ts';

const [folder, ...namespaces] = process.argv.slice(2);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.stdin.resume();
process.stdin.on('end', () => {
  for (const namespace of namespaces) {
    for (const pid of (runSync('ip', ['netns', 'pids', namespace]) ?? '').split('\n').filter(Boolean)) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It ended by itself between the look and the signal.
      }
    }
    runSync('ip', ['netns', 'del', namespace]);
  }
  if (folder?.startsWith('/dev/shm/')) rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
