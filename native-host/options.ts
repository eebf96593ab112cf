/** Command line and environment of warren-host. What the browser itself appends is kept apart. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { WarrenError } from '../shared/base/errors.ts';
import { DEFAULT_INTERVAL, type Interval, parseInterval } from '../shared/machine/traversal/interval.ts';
import type { TunnelChoice } from './back-end.ts';

export interface HostOptions {
  /** Network profile file. */
  readonly network: string;
  readonly netdSocket: string;
  /** Who makes the tunnels. */
  readonly tunnels: TunnelChoice;
  /** On tmpfs; a folder of our own is made in it. */
  readonly runtimeDir: string;
  /** Debug log, on a tmpfs; null: warnings to stderr only. */
  readonly log: string | null;
  readonly testSwitches: boolean;
  /** Pause between two changes of port. */
  readonly rotateEvery: Interval;
  /** Who started us: `chrome-extension://ID/`, or Firefox's manifest path and add-on id. */
  readonly startedBy: readonly string[];
}

export const DEFAULT_NETD_SOCKET = '/run/warren/netd.sock';

/** @throws WarrenError `internal` naming the flag that is wrong or missing. */
export function parseOptions(argv: readonly string[], env: NodeJS.ProcessEnv): HostOptions {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause), cause);
  }
  const { values, positionals } = parsed;
  const network = values.network ?? env.WARREN_NETWORK;
  if (!network) throw usage('--network PROFILE.json is missing');
  return {
    network,
    netdSocket: values.netd ?? env.WARREN_NETD ?? DEFAULT_NETD_SOCKET,
    tunnels: tunnels(values.tunnels ?? env.WARREN_TUNNELS ?? 'auto'),
    runtimeDir: values.runtime ?? env.WARREN_RUNTIME ?? defaultRuntimeDir(env),
    log: values.log ?? env.WARREN_LOG ?? null,
    testSwitches: values['test-switches'] ?? false,
    rotateEvery: rotation(values.rotation ?? env.WARREN_ROTATION),
    startedBy: positionals,
  };
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      network: { type: 'string' },
      netd: { type: 'string' },
      tunnels: { type: 'string' },
      runtime: { type: 'string' },
      log: { type: 'string' },
      rotation: { type: 'string' },
      'test-switches': { type: 'boolean' },
      // Chromium on Windows appends it; harmless here.
      'parent-window': { type: 'string' },
    },
  });
}

/** @throws WarrenError for another word. */
function tunnels(text: string): TunnelChoice {
  if (text === 'auto' || text === 'netd' || text === 'rootless') return text;
  throw usage('--tunnels is auto, netd or rootless');
}

/** @throws WarrenError for what is no interval. */
function rotation(text: string | undefined): Interval {
  const interval = text === undefined ? DEFAULT_INTERVAL : parseInterval(text);
  if (interval) return interval;
  throw usage('--rotation is two numbers of seconds, as 300-900');
}

/** The user's own tmpfs where the system has one, since /run/warren belongs to netd. */
function defaultRuntimeDir(env: NodeJS.ProcessEnv): string {
  return env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'warren') : '/dev/shm';
}

function usage(message: string, cause?: unknown): WarrenError {
  return new WarrenError('internal', `warren-host: ${message}.`, 'Reinstall the host: its start script is damaged.', {
    cause,
  });
}
