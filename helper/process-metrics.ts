/** What the process itself costs, under the names that Prometheus' own clients use. */
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

const RESOLUTION_MS = 100;

/** @returns stops the measuring. */
export function measureProcess(metrics: Metrics): () => void {
  const startedAt = Date.now() / 1000 - process.uptime();
  const cpu = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  /** Since the last scrape, beyond the sampling itself. */
  const lag = (): number => {
    const late = delay.percentile(99) / 1e9 - RESOLUTION_MS / 1000;
    delay.reset();
    return Math.max(0, late);
  };
  metrics.gauge('process_cpu_seconds_total', 'User and system CPU time, seconds', cpu, 'counter');
  metrics.gauge('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
  metrics.gauge('process_open_fds', 'Open file descriptors', () => readdirSync('/proc/self/fd').length);
  metrics.gauge('process_start_time_seconds', 'Start of the process, Unix time', () => startedAt);
  metrics.gauge('nodejs_eventloop_lag_p99_seconds', 'How late timers came since the last scrape, 99th percentile', lag);
  return () => delay.disable();
}
