/**
 * Plays the story. For a person: a timeline, a summary table, screenshots; with a display the browser
 * stays open until a key is pressed. In Chromium, or with `--browser firefox`. For the suite: `--quiet --json FILE`. Exit code 0 only if every
 * claim held.
 */
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { playStory, SHOTS } from './story.ts';
import { Timeline } from './timeline.ts';

async function anyKey(): Promise<void> {
  process.stdout.write('\nThe browser stays open. Press a key to end the demo.\n');
  if (process.stdin.isTTY) process.stdin.setRawMode(true);
  process.stdin.resume();
  await new Promise<void>((resolve) => process.stdin.once('data', () => resolve()));
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  process.stdin.pause();
}

const { values } = parseArgs({
  options: {
    quiet: { type: 'boolean', default: false },
    json: { type: 'string' },
    browser: { type: 'string', default: 'chromium' },
  },
});
const { browser } = values;
if (browser !== 'chromium' && browser !== 'firefox') throw new RangeError('--browser is chromium or firefox');
const told = new Timeline({ quiet: values.quiet });
const visible = !values.quiet && Boolean(process.env.DISPLAY);
const linger = visible && process.stdin.isTTY ? { linger: anyKey } : {};
const { logs } = await playStory({ told, browser, visible, ...linger });
process.stdout.write(`\n${told.summary()}\n`);
process.stdout.write(`screenshots: ${relative(process.cwd(), join(SHOTS, browser))}\n`);
if (logs) process.stdout.write(`logs of all processes: ${relative(process.cwd(), logs)}\n`);
if (values.json) writeFileSync(values.json, JSON.stringify({ claims: told.claims, steps: told.steps }, null, 2));
process.exit(told.holds ? 0 : 1);
