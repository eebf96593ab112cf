/** What works and what does not, in lines that a user can copy into a report: no address, no destination, no key. */
import { asWarrenError } from '../shared/base/errors.ts';
import { natEase, natText } from '../shared/base/nat-words.ts';
import type { Answering } from './answering.ts';
import { checkExits } from './exit-checks.ts';
import { type DiagnosticLine, type Finding, finding } from './finding.ts';

const NAT_UNMEASURED = 'not measured yet: connect once';

export async function diagnose(host: Answering): Promise<DiagnosticLine[]> {
  const { world, shared, exits } = host;
  const [netd, stun, turn, ledger, open] = await Promise.all([
    outcome(shared.device.get(), () => tunnels(shared.device)),
    outcome(world.stunServers(), ({ length }) => finding(true, `${length} addresses`, 'stun', `${length}`)),
    world.turn
      ? outcome(world.turn.grant(), ({ servers: { length } }) =>
          finding(true, `a pass for ${length} ways`, 'turn', `${length}`),
        )
      : finding(false, 'this network has none: some pairs of homes can not meet', 'turnNone'),
    outcome(
      shared.ledger.ask((chain) => chain.account(world.profile.token)),
      (account) => newest(world.profile.chainId, Math.round(world.clock.now() / 1_000 - account.blockTime)),
    ),
    checkExits(world, exits.open),
  ]);
  const relay = host.relay();
  const { nat } = exits;
  return [
    { id: 'node', name: 'Node.js', ok: true, text: process.version },
    { id: 'netd', name: shared.device.rootless ? 'Tunnels' : 'warren-netd', ...netd },
    { id: 'relays', name: 'Relays', ...finding(relay === 'connected', relay, relay) },
    { id: 'stun', name: 'STUN servers', ...stun },
    { id: 'turn', name: 'TURN relay', ...turn },
    { id: 'ledger', name: 'Ledger', ...ledger },
    { id: 'nat', name: 'NAT', ...(nat ? natFinding(nat) : finding(false, NAT_UNMEASURED, 'natUnmeasured')) },
    ...open,
  ];
}

function tunnels({ rootless, backend }: Answering['shared']['device']): Finding {
  const name = backend ?? 'an unknown back end';
  const wireGuard = `WireGuard in ${backend === 'kernel' ? 'the kernel' : name}`;
  if (!rootless) {
    const text = `running, ${wireGuard}`;
    return backend === 'kernel' ? finding(true, text, 'netdKernel') : finding(true, text, 'netdProgram', name);
  }
  const text = `without root: in a network namespace of your own, as no warren-netd is installed; ${wireGuard}. Somewhat slower than with it`;
  return backend === 'kernel' ? finding(true, text, 'rootlessKernel') : finding(true, text, 'rootlessProgram', name);
}

/** The terms of RFC 4787 are the same in every language. */
function natFinding(nat: NonNullable<Answering['exits']['nat']>): Finding {
  const ok = natEase(nat) !== 'unknown';
  if (nat.translated === false) return finding(ok, 'none: this machine has an address of its own', 'natNone');
  return { ok, text: `${natText(nat)}${nat.portPreserved ? ', port preservation' : ''}` };
}

function newest(chainId: number, seconds: number): Finding {
  const age = Math.max(0, seconds);
  return finding(true, `chain ${chainId}, newest block ${age} s old`, 'ledger', `${chainId}`, `${age}`);
}

async function outcome<T>(work: Promise<T>, tell: (value: T) => Finding): Promise<Finding> {
  try {
    return tell(await work);
  } catch (error) {
    const { code, message, action } = asWarrenError(error);
    return finding(false, `${message} ${action}`, code);
  }
}
