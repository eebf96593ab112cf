/**
 * One session's life with the kernel's WireGuard at both ends, step by step; what held goes to the file that is named.
 * No test runner: to load one takes an emulated machine longer than most steps do; and one lab for all of it.
 *
 * usage: main.ts REPORT
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Timeline } from '../../e2e/timeline.ts';
import { ROOT } from '../../lab/identity.ts';
import { NetdLab } from '../../net/netd-lab.ts';
import { changePorts } from './rotation.ts';
import { ENDS, Session } from './session.ts';
import { backEnd, gated, roamed, routes } from './steps.ts';

const [report = ''] = process.argv.slice(2);
const told = new Timeline({ quiet: false });

async function life(): Promise<void> {
  // The guest goes with all that is in it: nothing of the lab has to be guarded, or taken down.
  const lab = new NetdLab({ probe: ['perl', join(ROOT, 'tests/kernel/guest/probe.pl')], guarded: false });
  const session = await told.step('connect', () => Session.open(lab));
  try {
    await after(session);
  } catch (error) {
    // What netd was refused stands in its own log only.
    for (const end of ENDS) told.note(`${end}’s netd: ${session.netd[end].log.trim()}`);
    throw error;
  }
}

async function after(session: Session): Promise<void> {
  await told.step('the kernel bears it', () => backEnd(told, session));
  await told.step('policy routes', () => routes(told, session));
  await told.step('the gate', () => gated(told, session));
  await told.step('changes of port under a flow', () => changePorts(told, session));
  await told.step('another address', () => roamed(told, session));
}

// What a step throws was told as a claim that did not hold; the steps behind it need it.
await life().catch(() => {});
console.log(told.summary());
writeFileSync(report, JSON.stringify({ claims: told.claims }));
process.exit(told.holds ? 0 : 1);
