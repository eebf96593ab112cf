/**
 * The control of an experiment: two namespaces, a wire, WireGuard at both ends and nothing of ours, so that
 * nothing ever changes. What is lost on it, the machine has lost.
 */
import { until } from '../e2e/wait.ts';
import { joinBare } from '../lab/bare-wireguard.ts';
import { namespaceName } from '../lab/identity.ts';
import type { Lab } from '../lab/lab.ts';
import { inNamespace, ipBatch } from '../lab/run.ts';
import { ECHO_PORT, type Flow, PROBE, startEcho, startFlow } from './flow.ts';

export interface BareTunnel {
  startFlow(): Promise<Flow>;
}

/** Goes with the lab. */
export async function openBareTunnel(lab: Lab): Promise<BareTunnel> {
  const end = (name: string, last: number) => ({
    namespace: namespaceName(lab.paths.id, name),
    outside: `10.9.0.${last}`,
    inside: `10.9.1.${last}`,
  });
  const [near, far] = [end('ctl-a', 1), end('ctl-b', 2)] as const;
  await ipBatch([near, far].map(({ namespace }) => `netns add ${namespace}`));
  await ipBatch([`link add wire netns ${near.namespace} type veth peer name wire netns ${far.namespace}`]);
  for (const { namespace, outside } of [near, far])
    await ipBatch(['link set lo up', `addr add ${outside}/24 dev wire`, 'link set wire up'], namespace);
  await joinBare([near, far], (namespace, link) => {
    lab.start({ name: `wireguard-${link}`, namespace, command: 'wireguard-go', args: ['-f', link] });
  });
  await startEcho(lab, far.namespace, far.inside);
  const ask = [lab.source(PROBE), 'udp', near.inside, far.inside, String(ECHO_PORT)];
  const carries = async () => (await inNamespace(near.namespace, lab.node, ask)).trim() === 'ok';
  await until('the bare tunnel carries', carries);
  return { startFlow: () => startFlow(lab, near.namespace, near.inside, far.inside) };
}
