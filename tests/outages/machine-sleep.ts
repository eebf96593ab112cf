/** Everything in the client's home stands still for a while, as in a laptop that is shut. */
import { forgetMappings } from '../lab/nat.ts';
import { run } from '../lab/run.ts';
import type { Scene } from '../lab/scene.ts';
import { lasting } from './bench.ts';

/** Resolves with the moment of the wake-up; the router has forgotten the machine meanwhile. */
export async function sleepOf({ client }: Scene, ms: number): Promise<number> {
  const pids = (await run('ip', ['netns', 'pids', client.home.host])).split('\n').filter(Boolean).map(Number);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await lasting(ms);
  await forgetMappings(client.home);
  const woken = Date.now();
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  return woken;
}
