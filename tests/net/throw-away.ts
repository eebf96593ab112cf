/** Plays a program on a throw-away machine of its own (machine.sh); what it prints is JSON. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const LIMIT_MS = 150_000;

/** @param program its path from the checkout. */
export function play<T>(program: string): Promise<T> {
  const own = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const command = ['node_modules/.bin/node', '--disable-warning=ExperimentalWarning'];
  const args = [...own, `${CHECKOUT}/tests/net/machine.sh`, CHECKOUT, ...command, program];
  return new Promise((resolve, reject) => {
    const options = { timeout: LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: 4 * 1024 * 1024 } as const;
    execFile('unshare', args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(JSON.parse(stdout));
    });
  });
}
