/** Counters and gauges in the Prometheus text format. Labels are fixed words: no address, no key. */

export interface Metrics {
  count(name: string, labels?: Readonly<Record<string, string>>): void;
  /** Read at each scrape. What only ever grows is a `counter`. */
  gauge(name: string, help: string, read: () => number, type?: 'gauge' | 'counter'): void;
  text(): string;
}

const COUNTERS: Readonly<Record<string, string>> = {
  warren_stun_total: 'STUN packets by outcome',
  warren_events_total: 'Nostr events by kind and outcome',
  warren_requests_total: 'Nostr subscriptions by outcome',
  warren_turn_grants_total: 'Passes for the TURN relay by outcome',
  warren_connections_refused_total: 'Connections refused because of a limit',
  warren_limited_total: 'Frames and requests refused because their source, or their connection, had had its share',
};

export function createMetrics(): Metrics {
  const counters = new Map<string, Map<string, number>>();
  const gauges = new Map<string, { readonly help: string; readonly type: string; read(): number }>();
  return {
    count(name, labels = {}) {
      const series = counters.get(name) ?? new Map<string, number>();
      counters.set(name, series);
      const key = Object.entries(labels)
        .map(([label, value]) => `${label}="${value}"`)
        .join(',');
      series.set(key, (series.get(key) ?? 0) + 1);
    },
    gauge(name, help, read, type = 'gauge') {
      gauges.set(name, { help, type, read });
    },
    text() {
      const lines: string[] = [];
      for (const [name, help] of Object.entries(COUNTERS)) {
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} counter`);
        for (const [labels, value] of counters.get(name) ?? [])
          lines.push(`${name}${labels && `{${labels}}`} ${value}`);
      }
      for (const [name, { help, type, read }] of gauges) {
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${read()}`);
      }
      return `${lines.join('\n')}\n`;
    },
  };
}
