/** What works and what does not, in lines that a user can copy into a report: no address, no destination, no key. */
import { asWarrenError } from '../shared/base/errors.ts';
import { natEase, natText } from '../shared/base/nat-words.ts';
import type { Answering } from './answering.ts';
import { checkExits } from './exit-checks.ts';

export interface DiagnosticLine {
  /** By which the extension finds its own words for the name. */
  readonly id: string;
  readonly name: string;
  readonly ok: boolean;
  readonly text: string;
}

export async function diagnose(host: Answering): Promise<DiagnosticLine[]> {
  const { world, shared, exits } = host;
  const [netd, stun, turn, ledger, open] = await Promise.all([
    outcome(shared.device.get(), () => tunnels(shared.device)),
    outcome(world.stunServers(), (servers) => `${servers.length} addresses`),
    world.turn
      ? outcome(world.turn.grant(), ({ servers }) => `a pass for ${servers.length} ways`)
      : { ok: false, text: 'this network has none: some pairs of homes can not meet' },
    outcome(
      shared.ledger.ask((chain) => chain.account(world.profile.token)),
      (account) => `chain ${world.profile.chainId}, newest block ${age(world.clock.now(), account.blockTime)} old`,
    ),
    checkExits(world, exits.open),
  ]);
  const relay = host.relay();
  const { nat } = exits;
  return [
    { id: 'node', name: 'Node.js', ok: true, text: process.version },
    { id: 'netd', name: shared.device.rootless ? 'Tunnels' : 'warren-netd', ...netd },
    { id: 'relays', name: 'Relays', ok: relay === 'connected', text: relay },
    { id: 'stun', name: 'STUN servers', ...stun },
    { id: 'turn', name: 'TURN relay', ...turn },
    { id: 'ledger', name: 'Ledger', ...ledger },
    {
      id: 'nat',
      name: 'NAT',
      ok: nat !== null && natEase(nat) !== 'unknown',
      text: nat ? natWords(nat) : 'not measured yet: connect once',
    },
    ...open,
  ];
}

function tunnels({ rootless, backend }: Answering['shared']['device']): string {
  const wireGuard = `WireGuard in ${backend === 'kernel' ? 'the kernel' : (backend ?? 'an unknown back end')}`;
  if (!rootless) return `running, ${wireGuard}`;
  return `without root: in a network namespace of your own, as no warren-netd is installed; ${wireGuard}. Somewhat slower than with it`;
}

function natWords(nat: NonNullable<Answering['exits']['nat']>): string {
  if (nat.translated === false) return 'none: this machine has an address of its own';
  return `${natText(nat)}${nat.portPreserved ? ', port preservation' : ''}`;
}

async function outcome<T>(work: Promise<T>, tell: (value: T) => string): Promise<{ ok: boolean; text: string }> {
  try {
    return { ok: true, text: tell(await work) };
  } catch (error) {
    const { message, action } = asWarrenError(error);
    return { ok: false, text: `${message} ${action}` };
  }
}

function age(now: number, blockTimeSec: number): string {
  return `${Math.max(0, Math.round(now / 1_000 - blockTimeSec))} s`;
}
