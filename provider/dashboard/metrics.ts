/** The same facts for Prometheus (text exposition format 0.0.4). No label names a client. */
import type { Status } from './status.ts';

export function metricsOf(status: Status): string {
  const lines: string[] = [];
  const metric = (name: string, type: 'gauge' | 'counter', help: string, value: number) => {
    lines.push(`# HELP warren_provider_${name} ${help}`, `# TYPE warren_provider_${name} ${type}`);
    lines.push(`warren_provider_${name} ${value}`);
  };
  const token = (wei: string) => Number(wei) / 10 ** status.network.tokenDecimals;
  metric('up', 'gauge', 'Whether the node takes clients.', status.state === 'serving' ? 1 : 0);
  metric('uptime_seconds', 'gauge', 'Seconds since the start.', Math.round((status.now - status.startedAt) / 1000));
  metric('clients', 'gauge', 'Clients with a tunnel.', status.clients.active);
  metric('clients_total', 'counter', 'Clients served since the start.', status.clients.served);
  metric('receive_bytes_total', 'counter', 'WireGuard bytes from clients.', status.traffic.rxBytes);
  metric('transmit_bytes_total', 'counter', 'WireGuard bytes to clients.', status.traffic.txBytes);
  metric('claimed_tokens_total', 'counter', 'Tokens claimed on chain since the start.', token(status.earnings.claimed));
  metric('unclaimed_tokens', 'gauge', 'Tokens signed and not yet claimed.', token(status.earnings.unclaimed));
  metric('unclaimed_proofs', 'gauge', 'Channels with something to claim.', status.earnings.proofs);
  metric('relays_connected', 'gauge', 'Whether a relay is connected.', status.reach.relays === 'connected' ? 1 : 0);
  metric('ledger_reachable', 'gauge', 'Whether the chain answers.', status.reach.ledger === 'reachable' ? 1 : 0);
  metric('dns_questions_total', 'counter', 'Questions of clients to the resolver.', status.resolver.asked);
  metric('dns_failures_total', 'counter', 'Questions that no upstream answered.', status.resolver.failed);
  metric('dns_refused_total', 'counter', 'Questions refused.', status.resolver.refused);
  return `${lines.join('\n')}\n`;
}
