/** Puts latency on the wires between homes and the internet, as an access line has. */
import type { Home } from './home.ts';
import { namespaceName } from './identity.ts';
import type { Lab } from './lab.ts';
import type { LabProcess } from './process.ts';
import { inNamespace, ipBatch } from './run.ts';

/** Device files are named after interface numbers, which count per namespace: these are nobody else's. */
const firstIndex = (lab: Lab): number => 1_000_000 + (Number.parseInt(lab.paths.id, 16) % 60_000_000) * 16;

/**
 * Every packet of these homes to or from the internet takes `oneWayMs` longer; two of them are twice that
 * apart. At most eight homes, once per lab, before anything flows.
 *
 *   wan ── [wires: p-NAME ┈ tap ┈ (delay.ts) ┈ tap ┈ q-NAME] ── r-NAME ── br0
 */
export async function addLatency(lab: Lab, homes: readonly Home[], oneWayMs: number): Promise<LabProcess> {
  // A place without addresses: in the internet's own, its kernel would answer ARP before the wire does.
  const wires = namespaceName(lab.paths.id, 'wires');
  const taps = homes.map((_, n) => [firstIndex(lab) + 2 * n, firstIndex(lab) + 2 * n + 1] as const);
  await ipBatch([`netns add ${wires}`]);
  await inNamespace(wires, 'sysctl', ['-qw', 'net.ipv6.conf.default.disable_ipv6=1']);
  const names = homes.map(({ name }) => name);
  await ipBatch(
    names.flatMap((name) => [
      `link set p-${name} netns ${wires}`,
      `link add r-${name} type veth peer name q-${name} netns ${wires}`,
      `link set r-${name} master br0`,
      `link set r-${name} up`,
    ]),
    lab.inet,
  );
  const ends = names.flatMap((name, n) => [`p-${name}`, `q-${name}`].map((link, side) => [link, taps[n]?.[side]]));
  await ipBatch(
    ends.flatMap(([link, index]) => [
      `link add link ${link} name t${link} index ${index} type macvtap mode passthru`,
      `link set ${link} up`,
      // IPv6 asks for its neighbours by multicast, which a tap keeps to itself unless told.
      `link set t${link} allmulticast on`,
      `link set t${link} up`,
    ]),
    wires,
  );
  const delay = lab.startNode({
    name: 'delay',
    namespace: wires,
    file: 'tests/lab/delay.ts',
    args: [String(oneWayMs), ...taps.map((pair) => pair.map((index) => `/dev/tap${index}`).join(':'))],
    env: { UV_THREADPOOL_SIZE: String(2 * taps.length + 2) },
  });
  await delay.prints(/carrying/);
  return delay;
}
