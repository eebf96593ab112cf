/**
 * The host's log: stderr for what a person should see, a file on tmpfs for debugging when asked.
 * Below debug no client address and no destination; at no level a key. Stdout is never touched.
 */
import { appendFileSync } from 'node:fs';

export interface Log {
  /** Something the user has to know about. */
  warn(message: string): void;
  /** One line per decision; only with --log. */
  debug(message: string): void;
}

export function createLog(file: string | null): Log {
  const write = (level: string, message: string) => {
    const line = `${new Date().toISOString()} ${level} ${message}\n`;
    if (file) appendFileSync(file, line, { mode: 0o600 });
    if (level === 'warn') process.stderr.write(`warren-host: ${message}\n`);
  };
  return {
    warn: (message) => write('warn', message),
    debug: file ? (message) => write('debug', message) : () => {},
  };
}
