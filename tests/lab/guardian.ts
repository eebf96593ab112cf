/**
 * Outlives the lab's owner: when the pipe to the owner closes, for whatever reason (a crash, kill -9),
 * it removes the lab. Started in a session of its own, so that Ctrl-C does not reach it.
 *
 * usage: guardian.ts <lab id>     (stdin = the pipe)
 */
import { removeLab } from './cleanup.ts';

const id = process.argv[2] ?? '';
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.stdin.resume();
process.stdin.on('end', () => {
  removeLab(id);
  process.exit(0);
});
