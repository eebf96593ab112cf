/**
 * `warren doctor`: says what stands in the way on this machine, and which command mends it; with `--fix`
 * runs those commands that can run by themselves, then looks again. Ends with 1 while there is a problem.
 */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DEFAULT_NETD_SOCKET } from '../options.ts';
import { judge } from './checks/all.ts';
import { inWords } from './in-words.ts';
import { probeBrowsers, probeHost } from './probe/host.ts';
import { probeNetwork } from './probe/network.ts';
import { probeTunnels } from './probe/tunnels.ts';
import type { Mend, Verdict } from './verdict.ts';

const USAGE = 'usage: ./warren doctor [--fix] [--json] [--network FILE] [--netd SOCKET]';
const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

interface Options {
  readonly fix: boolean;
  readonly json: boolean;
  readonly network: string | null;
  readonly netd: string;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      fix: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      network: { type: 'string' },
      netd: { type: 'string', default: DEFAULT_NETD_SOCKET },
    },
  });
  const { fix, json, network, netd } = values;
  return { fix, json, network: network === undefined ? null : resolve(network), netd };
}

async function look({ netd, network }: Options): Promise<readonly Verdict[]> {
  const [host, tunnels, surroundings] = await Promise.all([
    probeHost(network),
    probeTunnels(netd),
    probeNetwork(network, process.env.XDG_RUNTIME_DIR ?? '/dev/shm'),
  ]);
  return judge({ host, browsers: probeBrowsers(), tunnels, network: surroundings });
}

/** The person sees each command before it runs, and answers what it asks. */
async function mend(verdicts: readonly Verdict[], say: (text: string) => void): Promise<boolean> {
  const commands = new Map<string, NonNullable<Mend['run']>>();
  for (const { state, mend } of verdicts) if (state !== 'ok' && mend?.run) commands.set(mend.run.join(' '), mend.run);
  for (const [text, [program = '', ...args]] of commands) {
    say(`→ ${text}`);
    await new Promise<void>((done) => {
      const child = spawn(program, args, { cwd: CHECKOUT, stdio: 'inherit' });
      child.once('error', (error) => say(`  ${error.message}`));
      child.once('close', () => done());
    });
  }
  return commands.size > 0;
}

async function main(): Promise<void> {
  const options = readOptions();
  let verdicts = await look(options);
  // What the commands say themselves goes to the terminal as well; JSON stands alone at the end.
  const say = options.json ? console.error : console.log;
  if (options.fix && (await mend(verdicts, say))) verdicts = await look(options);
  const problems = verdicts.filter(({ state }) => state === 'problem').length;
  if (options.json)
    console.log(
      JSON.stringify(
        {
          problems,
          checks: verdicts.map(({ mend, ...rest }) => ({ ...rest, ...(mend ? { mend: mend.command } : {}) })),
        },
        null,
        2,
      ),
    );
  else console.log(inWords(verdicts, process.stdout.isTTY && !process.env.NO_COLOR));
  process.exit(problems > 0 ? 1 : 0);
}

main().catch((error: unknown) => {
  const usage = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  console.error(usage ? `warren: ${(error as Error).message}\n${USAGE}` : `warren: ${String(error)}`);
  process.exit(usage ? 2 : 1);
});
