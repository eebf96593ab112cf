/** The same facts for Prometheus (text exposition format 0.0.4). No label names a client; a country is not one. */
import type { Status } from './status.ts';

type Labels = Readonly<Record<string, string>>;

export function metricsOf(status: Status): string {
  const lines: string[] = [];
  const family = (
    name: string,
    type: 'gauge' | 'counter',
    help: string,
    values: readonly (readonly [number, Labels])[],
  ) => {
    lines.push(`# HELP warren_provider_${name} ${help}`, `# TYPE warren_provider_${name} ${type}`);
    for (const [value, labels] of values) lines.push(`warren_provider_${name}${written(labels)} ${value}`);
  };
  const metric = (name: string, type: 'gauge' | 'counter', help: string, value: number) =>
    family(name, type, help, [[value, {}]]);
  const token = (wei: string) => Number(wei) / 10 ** status.network.tokenDecimals;
  const { clients, traffic, earnings, reach, resolver } = status;
  metric('up', 'gauge', 'Whether the node takes clients.', status.state === 'serving' ? 1 : 0);
  metric('uptime_seconds', 'gauge', 'Seconds since the start.', Math.round((status.now - status.startedAt) / 1000));
  metric('clients', 'gauge', 'Clients with a tunnel.', clients.active);
  metric('clients_max', 'gauge', 'Clients that the owner allows.', clients.max);
  metric('clients_total', 'counter', 'Clients served since the start.', clients.served);
  family(
    'clients_refused_total',
    'counter',
    'Clients sent away, by what there was too little of.',
    Object.entries(clients.refused).map(([reason, count]) => [count, { reason }]),
  );
  family(
    'clients_by_country',
    'gauge',
    'Clients with a tunnel, by country.',
    Object.entries(clients.countries).map(([country, count]) => [count, { country }]),
  );
  metric('receive_bytes_total', 'counter', 'WireGuard bytes from clients.', traffic.rxBytes);
  metric('transmit_bytes_total', 'counter', 'WireGuard bytes to clients.', traffic.txBytes);
  metric('capacity_bits_per_second', 'gauge', 'What all clients together may receive.', traffic.capacityMbps * 1e6);
  metric(
    'share_bits_per_second',
    'gauge',
    'What one client may receive while the line is full; 0: it is not.',
    (traffic.shareKbps ?? 0) * 1000,
  );
  metric('claimed_tokens_total', 'counter', 'Tokens claimed on chain since the start.', token(earnings.claimed));
  metric('unclaimed_tokens', 'gauge', 'Tokens signed and not yet claimed.', token(earnings.unclaimed));
  metric('unclaimed_proofs', 'gauge', 'Channels with something to claim.', earnings.proofs);
  metric('relays_connected', 'gauge', 'Whether a relay is connected.', reach.relays === 'connected' ? 1 : 0);
  metric('ledger_reachable', 'gauge', 'Whether the chain answers.', reach.ledger === 'reachable' ? 1 : 0);
  metric('port_changes_total', 'counter', 'Changes of the public UDP port.', reach.rotations);
  family(
    'healthy',
    'gauge',
    'Whether one thing that the node stands on is well.',
    status.health.map(({ name, ok }) => [ok ? 1 : 0, { check: name }]),
  );
  metric('dns_questions_total', 'counter', 'Questions of clients to the resolver.', resolver.asked);
  metric('dns_failures_total', 'counter', 'Questions that no upstream answered.', resolver.failed);
  metric('dns_refused_total', 'counter', 'Questions refused.', resolver.refused);
  metric('resident_memory_bytes', 'gauge', 'Memory of this process.', process.memoryUsage.rss());
  return `${lines.join('\n')}\n`;
}

/** Our own words and country codes only: nothing in them has to be escaped. */
function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}
