/**
 * `./warren` as an ordinary user whose sudo wants the password each time (`timestamp_timeout=0`: what
 * an ordinary sudo becomes in a run of more than a few minutes), at a terminal, on a throw-away machine.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const MACHINE = [
  '--mount',
  '--net',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
  `${CHECKOUT}/tests/net/machine.sh`,
];
const PASSWORD = 'a quiet burrow';
const PROMPT = '<password>';
const SET_UP = `useradd --create-home --user-group ann
echo 'ann:${PASSWORD}' | chpasswd
printf 'Defaults timestamp_timeout=0, passwd_tries=1, passprompt="${PROMPT}"\\nann ALL=(ALL) ALL\\n' >/etc/sudoers.d/ann
chmod 440 /etc/sudoers.d/ann`;

interface Told {
  readonly code: number | null;
  readonly asked: number;
  readonly text: string;
}

/** Types a command in ann's terminal, and the password whenever it is asked for. */
function typed(command: string, password = PASSWORD): Promise<Told> {
  const terminal = `runuser -u ann -- script --quiet --return --command '${command}' /dev/null`;
  const child = spawn('unshare', [...MACHINE, CHECKOUT, 'sh', '-ec', `${SET_UP}\n${terminal}`]);
  return new Promise((resolve) => {
    let [text, asked] = ['', 0];
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      for (const prompts = text.split(PROMPT).length - 1; asked < prompts; asked++) child.stdin.write(`${password}\n`);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('close', (code) => resolve({ code, asked, text }));
  });
}

let told: Told;
beforeAll(async () => {
  told = await typed('./warren clean; id -un');
});

test('it asks once, and says why before it asks', () => {
  expect(told.asked).toBe(1);
  expect(told.text.slice(0, told.text.indexOf(PROMPT))).toMatch(/need root/);
});

test('it does its work, and the terminal is an ordinary user’s again', () => {
  expect(told).toMatchObject({ code: 0, text: expect.stringMatching(/\bann\s*$/) });
});

test('a wrong password ends it with a word, and nothing is done', async () => {
  const wrong = await typed('./warren clean', 'not this one');
  expect(wrong.code).not.toBe(0);
  expect(wrong.text).toMatch(/incorrect password/);
});
