/**
 * `warren doctor`: says what stands in the way on this machine, and which command mends it; with `--fix`
 * runs those commands that can run by themselves, then looks again. Ends with 1 while there is a problem.
 */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CALLED } from '../../shared/base/called.ts';
import { mendAll, type Outcome } from '../../shared/node/mending.ts';
import { DEFAULT_NETD_SOCKET } from '../options.ts';
import { judge } from './checks/all.ts';
import { REMEDIES } from './checks/remedies.ts';
import { inWords } from './in-words.ts';
import { probeBrowsers, probeHost } from './probe/host.ts';
import { probeNetwork } from './probe/network.ts';
import { probeTunnels } from './probe/tunnels.ts';
import type { Verdict } from './verdict.ts';

const USAGE = `usage: ${CALLED.doctor} [--fix [--yes]] [--json] [--network FILE] [--netd SOCKET]`;
const SETTLE_MS = 8_000;
const SETTLE_POLL_MS = 500;
const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

interface Options {
  readonly fix: boolean;
  /** Asks nothing, also where root is needed. */
  readonly yes: boolean;
  readonly json: boolean;
  readonly network: string | null;
  readonly netd: string;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      fix: { type: 'boolean', default: false },
      yes: { type: 'boolean', short: 'y', default: false },
      json: { type: 'boolean', default: false },
      network: { type: 'string' },
      netd: { type: 'string', default: DEFAULT_NETD_SOCKET },
    },
  });
  const { fix, yes, json, network, netd } = values;
  return { fix, yes, json, network: network === undefined ? null : resolve(network), netd };
}

async function look({ netd, network }: Options): Promise<readonly Verdict[]> {
  const [host, tunnels, surroundings] = await Promise.all([
    probeHost(network),
    probeTunnels(netd, network),
    probeNetwork(network, process.env.XDG_RUNTIME_DIR ?? '/dev/shm'),
  ]);
  return judge({ host, browsers: probeBrowsers(), tunnels, network: surroundings }, REMEDIES);
}

/** Whatever was begun takes a moment: a service starts, a clock is set. So it looks until nothing new comes of it. */
async function lookAgain(options: Options, begun: number): Promise<readonly Verdict[]> {
  for (const deadline = Date.now() + SETTLE_MS; ; await sleep(SETTLE_POLL_MS)) {
    const verdicts = await look(options);
    if (mendable(verdicts).length < begun || Date.now() > deadline) return verdicts;
  }
}

const mendable = (verdicts: readonly Verdict[]) =>
  verdicts.flatMap(({ state, text, mend }) => (state !== 'ok' && mend?.run ? [{ text, mend }] : []));

async function main(): Promise<void> {
  const options = readOptions();
  let verdicts = await look(options);
  let changes: readonly Outcome[] = [];
  if (options.fix) {
    // What the commands say themselves goes to the terminal as well; JSON stands alone at the end.
    const say = options.json ? console.error : console.log;
    const faults = mendable(verdicts);
    changes = await mendAll(faults, { yes: options.yes, cwd: CHECKOUT, say });
    if (changes.some(({ failure }) => failure === null)) verdicts = await lookAgain(options, faults.length);
    say('');
  }
  const problems = verdicts.filter(({ state }) => state === 'problem').length;
  if (options.json) console.log(asJson(verdicts, problems, options.fix ? changes : null));
  else console.log(inWords(verdicts, process.stdout.isTTY && !process.env.NO_COLOR, REMEDIES));
  process.exit(problems > 0 ? 1 : 0);
}

function asJson(verdicts: readonly Verdict[], problems: number, changes: readonly Outcome[] | null): string {
  const checks = verdicts.map(({ mend, ...rest }) => ({ ...rest, ...(mend ? { mend: mend.command } : {}) }));
  return JSON.stringify({ problems, checks, ...(changes ? { changes } : {}) }, null, 2);
}

main().catch((error: unknown) => {
  const usage = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  console.error(usage ? `warren: ${(error as Error).message}\n${USAGE}` : `warren: ${String(error)}`);
  process.exit(usage ? 2 : 1);
});
