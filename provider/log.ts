/**
 * Structured logs on stderr. No line above debug may hold a client's address, a destination or a key:
 * sessions are named by a short random id that means nothing outside this process.
 */
import { type Logger, pino } from 'pino';

export type Log = Logger;

export function createLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
}
