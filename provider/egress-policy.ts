/** What the owner's settings mean for netd's egress guard. Pure. */
import type { Config } from './settings/table.ts';
import type { EgressPolicy } from './tunnel.ts';

type Limits =
  | 'blockedTcpPorts'
  | 'blockedUdpPorts'
  | 'allowedPorts'
  | 'clientConnections'
  | 'clientNewFlows'
  | 'capacityMbps';

/**
 * @param forbid prefixes of this home, and what else its owner forbids.
 * @param perClientKbps each client's share of the line; 0: no limit.
 */
export function egressPolicy(
  config: Pick<Config, Limits>,
  forbid: readonly string[],
  perClientKbps: number,
): EgressPolicy {
  return {
    forbid,
    blockedTcpPorts: config.blockedTcpPorts,
    blockedUdpPorts: config.blockedUdpPorts,
    allowedPorts: config.allowedPorts,
    maxConnections: config.clientConnections,
    newFlowsPerSecond: config.clientNewFlows,
    perClientKbps,
    totalKbps: config.capacityMbps * 1000,
  };
}
