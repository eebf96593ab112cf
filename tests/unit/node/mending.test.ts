/** How the doctors mend: each command once, nothing as root that nobody was asked for, and a word on what came of it. */
import { expect, test } from 'vitest';
import { by, type Fault, mendAll } from '../../../shared/node/mending.ts';

async function mended(faults: readonly Fault[], yes = false) {
  const said: string[] = [];
  const outcomes = await mendAll(faults, { yes, cwd: '/', say: (line) => void said.push(line) });
  return { outcomes, text: said.join('\n') };
}

const TRUE = by(['true'], { does: 'Nothing changes.', undo: 'false' });

test('a command that two faults ask for runs once, and both are named', async () => {
  let runs = 0;
  const mend = { ...TRUE, run: async () => void runs++ };
  const { text } = await mended([
    { text: 'First.', mend },
    { text: 'Second.', mend },
  ]);
  expect(runs).toBe(1);
  expect(text).toBe('First.\nSecond.\n  → true\n  Nothing changes.\n  Done. To take it back: false');
});

test('what fails is said, and the next one runs all the same', async () => {
  const { outcomes, text } = await mended([
    { text: 'A.', mend: by(['false'], { does: 'It fails.' }) },
    { text: 'B.', mend: by(['/nowhere/at all'], { does: 'It is not there.' }) },
    { text: 'C.', mend: TRUE },
  ]);
  expect(outcomes.map(({ failure }) => failure)).toEqual(['it ended with 1', expect.stringContaining('ENOENT'), null]);
  expect(text).toContain('That did not work: it ended with 1.');
});

test('without anybody to ask nothing runs as root', async () => {
  const { outcomes, text } = await mended([{ text: 'A.', mend: by(['sudo', 'true'], {}) }]);
  expect(outcomes).toEqual([{ command: 'sudo true', failure: 'not run', undo: null }]);
  expect(text).toContain('there is nobody to ask');
});

test('what only a person can do is passed over', async () => {
  const { outcomes, text } = await mended([{ text: 'A.', mend: { command: 'close that program' } }]);
  expect(outcomes).toEqual([]);
  expect(text).toBe('There is nothing that mends itself.');
});

test('a command is shown as a shell would read it', () => {
  expect(by(['sudo', 'nft', 'insert rule a b c accept'], {}).command).toBe("sudo nft 'insert rule a b c accept'");
});
