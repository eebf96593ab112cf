/**
 * The steps, on the guest that systemd has booted; what held goes to /run/out/report.json. A step that fails does not
 * keep the next one from telling what it finds: the guest is dear.
 */
import { writeFileSync } from 'node:fs';
import { Timeline } from '../../e2e/timeline.ts';
import { wrongClock } from './clock.ts';
import { install } from './install.ts';
import { leave } from './leave.ts';
import { everything, must, USER } from './machine.ts';
import { session, upgrade } from './session.ts';
import { furnish } from './world.ts';

const told = new Timeline({ quiet: false });

/** What it throws was told as a claim that did not hold. */
async function step<T>(name: string, play: () => Promise<T>): Promise<T | null> {
  return told.step(name, play).catch(() => null);
}

await must('useradd', '--create-home', USER);
const before = await everything();
await step('apt installs them', () => install(told));
const world = await step('two homes', () => furnish(told));
if (world) {
  await step('a session', () => session(told, world));
  await step('an upgrade', () => upgrade(told, world));
  await step('a wrong clock', () => wrongClock(told, world));
  await step('the homes are left', () => world.close());
}
await step('remove and purge', () => leave(told, before));
console.log(told.summary());
writeFileSync('/run/out/report.json', JSON.stringify({ claims: told.claims }));
// Whatever a step that failed has left running.
process.exit();
