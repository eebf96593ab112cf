/** Both doctors, as they stand on the PATH of an installed machine: of the machine itself they have to find all well. */
import type { Timeline } from '../../e2e/timeline.ts';
import type { Result } from './machine.ts';

type Ask = (...command: readonly string[]) => Promise<Result>;

interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly text: string;
}

/** As `warren doctor --json` has it. */
interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly text: string;
}

/** What depends on how fast an emulated machine answers (UDP, NAT, clock) is printed and not held against it. */
const OF_PROVIDER = ['Settings', 'Keys', 'Runtime folder', 'warren-netd'] as const;
const OF_CLIENT = ['host', 'daemon', 'wireguard', 'programs', 'ports', 'memory'] as const;
const TRIES = 3;

/** Before the provider's first start. @param ask warren-provider, by root. */
export async function askProvidersDoctor(told: Timeline, ask: Ask): Promise<void> {
  const found = await consult(OF_PROVIDER, async () => {
    const { stdout, text } = await ask('doctor', '--json');
    return read<readonly Finding[]>(stdout, text);
  });
  tell(told, 'warren-provider doctor finds the machine well before the first start', OF_PROVIDER, found);
}

/** @param ask any command, by whoever sits at the browser. */
export async function askClientsDoctor(told: Timeline, ask: Ask): Promise<void> {
  const found = await consult(OF_CLIENT, async () => {
    const { stdout, text } = await ask('warren', 'doctor', '--json');
    const { checks } = read<{ readonly checks: readonly Check[] }>(stdout, text);
    return checks.map(({ name, state, text }) => ({ name, ok: state === 'ok', text }));
  });
  tell(told, 'warren doctor finds host, daemon and WireGuard well', OF_CLIENT, found);
}

async function consult(names: readonly string[], look: () => Promise<readonly Finding[]>) {
  let found: readonly Finding[] = [];
  for (let tries = 0; tries < TRIES; tries++) {
    found = await look();
    if (isWell(names, found)) break;
  }
  return found;
}

function isWell(names: readonly string[], found: readonly Finding[]): boolean {
  return names.every((name) => found.find((one) => one.name === name)?.ok === true);
}

function tell(told: Timeline, text: string, names: readonly string[], found: readonly Finding[]): void {
  const shown = found.map(({ name, ok, text }) => `${ok ? '' : 'not '}${name}: ${text}`);
  told.claim(text, isWell(names, found), shown.join('; '));
}

function read<T>(stdout: string, text: string): T {
  try {
    return JSON.parse(stdout) as T;
  } catch {
    throw new Error(`the doctor did not answer: ${text}`);
  }
}
