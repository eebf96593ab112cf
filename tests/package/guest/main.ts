/** The steps, on the guest that systemd has booted; what held goes to /run/out/report.json. */
import { writeFileSync } from 'node:fs';
import { Timeline } from '../../e2e/timeline.ts';
import { install } from './install.ts';
import { leave } from './leave.ts';
import { everything, must, USER } from './machine.ts';
import { session, upgrade } from './session.ts';
import { furnish } from './world.ts';

const told = new Timeline({ quiet: false });
try {
  await must('useradd', '--create-home', USER);
  const before = await everything();
  await told.step('apt installs them', () => install(told));
  const world = await told.step('two homes', () => furnish());
  try {
    await told.step('a session', () => session(told, world));
    await told.step('an upgrade', () => upgrade(told, world));
  } finally {
    await world.close();
  }
  await told.step('remove and purge', () => leave(told, before));
} catch {
  // Told already, as a claim that did not hold.
}
writeFileSync('/run/out/report.json', JSON.stringify({ claims: told.claims }));
// Whatever a step that failed has left running.
process.exit();
