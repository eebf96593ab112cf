/** What the network around this machine lets through, and whether its clock tells the time. */
import { clockMend } from '../../../shared/node/clock-offset.ts';
import { holderWords } from '../../../shared/node/port-holders.ts';
import type { NetworkFacts, PortFacts } from '../facts.ts';
import { ok, problem, type Verdict, warning } from '../verdict.ts';
import type { Remedies } from './remedies.ts';

/** Nodes refuse a handshake that is two minutes off; half of that leaves room for theirs. */
const MAX_CLOCK_MS = 60_000;

export function checkNetwork(facts: NetworkFacts, remedies: Remedies): readonly Verdict[] {
  return [checkUdp(facts, remedies), checkClock(facts), checkPorts(facts), checkMemory(facts)];
}

function checkUdp({ profile, stun, udpPort }: NetworkFacts, { doctor }: Remedies): Verdict {
  const name = 'udp';
  if (profile === null)
    return warning(name, 'Not looked at: no network is installed whose servers could be asked.', {
      command: `${doctor} --network FILE`,
    });
  if (stun.answered > 0)
    return ok(name, `UDP gets through: ${stun.answered} of ${stun.asked} servers of "${profile}" answered.`);
  if (udpPort !== null) return warning(name, 'Not looked at: there is no free port to ask from (see "ports").');
  if (stun.refusedHere)
    return problem(
      name,
      `A firewall on this machine lets no UDP out to the ${stun.asked} servers of "${profile}". ` +
        'Without it Warren needs a relay over TCP, which is slower.',
      { command: 'allow outgoing UDP in the firewall ("sudo nft list ruleset" shows every rule)' },
    );
  return problem(
    name,
    `None of ${stun.asked} servers of "${profile}" answered over UDP: this network, or a firewall on this machine, blocks it. ` +
      'Warren then needs a relay over TCP, which is slower.',
    { command: 'allow outgoing UDP in the firewall, or try another network' },
  );
}

function checkClock({ clockAhead, clockKeeper }: NetworkFacts): Verdict {
  const name = 'clock';
  if (clockAhead === null) return warning(name, 'Not compared: no server of the network told the time.');
  const seconds = Math.round(Math.abs(clockAhead) / 1_000);
  if (Math.abs(clockAhead) <= MAX_CLOCK_MS) return ok(name, `The clock is right, to ${Math.max(1, seconds)} s.`);
  const way = clockAhead > 0 ? 'ahead' : 'behind';
  return problem(
    name,
    `This machine's clock is ${seconds} s ${way}: nodes refuse it, and so do sites.`,
    clockMend(clockKeeper),
  );
}

function checkPorts({ udpPort, tcpPort }: NetworkFacts): Verdict {
  const name = 'ports';
  if (udpPort === null && tcpPort === null) return ok(name, 'Free ports can be had.');
  const kinds = [
    ['UDP', udpPort],
    ['TCP on this machine', tcpPort],
  ] as const;
  const which = kinds.flatMap(([kind, port]) => (port ? [portWords(kind, port)] : []));
  const pid = (udpPort ?? tcpPort)?.busiest?.program?.pid;
  return problem(name, `No free port can be had: ${which.join('; ')}.`, {
    command:
      pid === undefined
        ? 'close programs that hold many connections ("sudo ss -anp" names them)'
        : `close that program, or end it: kill ${pid}`,
  });
}

function portWords(kind: string, { code, busiest }: NonNullable<PortFacts>): string {
  return busiest ? `${kind} (${holderWords(busiest)} holds ${busiest.ports})` : `${kind} (${code})`;
}

function checkMemory({ memory }: NetworkFacts): Verdict {
  if (memory !== null) return ok('memory', `Keys stay in memory (${memory}).`);
  return problem('memory', 'There is no folder in memory where keys could be kept off the disk.', {
    command: 'sudo mount -t tmpfs -o mode=1777 tmpfs /dev/shm',
  });
}
