/** What works and what does not, in lines that a user can copy into a report: no address, no destination, no key. */
import { asWarrenError } from '../shared/base/errors.ts';
import type { Answering } from './answering.ts';

export interface DiagnosticLine {
  readonly name: string;
  readonly ok: boolean;
  readonly text: string;
}

export async function diagnose(host: Answering): Promise<DiagnosticLine[]> {
  const { world, shared, exits } = host;
  const [netd, stun, turn, ledger] = await Promise.all([
    outcome(shared.device.get(), () => tunnels(shared.device)),
    outcome(world.stunServers(), (servers) => `${servers.length} addresses`),
    world.turn
      ? outcome(world.turn.grant(), ({ servers }) => `a pass for ${servers.length} ways`)
      : { ok: false, text: 'this network has none: some pairs of homes can not meet' },
    outcome(
      shared.ledger.ask((chain) => chain.account(world.profile.token)),
      (account) => `chain ${world.profile.chainId}, newest block ${age(world.clock.now(), account.blockTime)} old`,
    ),
  ]);
  const relay = host.relay();
  const { nat } = exits;
  return [
    { name: 'Node.js', ok: true, text: process.version },
    { name: shared.device.rootless ? 'Tunnels' : 'warren-netd', ...netd },
    { name: 'Relays', ok: relay === 'connected', text: relay },
    { name: 'STUN servers', ...stun },
    { name: 'TURN relay', ...turn },
    { name: 'Ledger', ...ledger },
    {
      name: 'NAT',
      ok: nat !== null && nat.mapping !== 'unknown',
      text: nat ? `mapping ${nat.mapping}, filtering ${nat.filtering}` : 'not measured yet: connect once',
    },
  ];
}

function tunnels({ rootless, backend }: Answering['shared']['device']): string {
  const wireGuard = `WireGuard in ${backend === 'kernel' ? 'the kernel' : (backend ?? 'an unknown back end')}`;
  if (!rootless) return `running, ${wireGuard}`;
  return `without root: in a network namespace of your own, as no warren-netd is installed; ${wireGuard}. Somewhat slower than with it`;
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
