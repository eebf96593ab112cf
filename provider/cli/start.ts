/** `start`: serves until it is told to stop; takes changed settings over while it runs. */
import { unwatchFile, watchFile } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { asWarrenError } from '../../shared/base/errors.ts';
import { startDaemon } from '../daemon.ts';
import { loadKeys } from '../keystore.ts';
import { createLog, type Log } from '../log.ts';
import { readPassword } from '../password.ts';
import { LiveConfig } from '../settings/live.ts';
import { readProfile } from '../settings/paths.ts';
import type { Invocation } from './invocation.ts';

/** What one more client leaves behind is little, and the kernel's memory is a small machine's: collect it soon. */
const COLLECT_SOON = '--optimize-for-size';

/** Looked at by its times: editors replace files, and network folders send no events. */
const LOOK_MS = 1_000;

export async function start(invocation: Invocation): Promise<void> {
  setFlagsFromString(COLLECT_SOON);
  const config = await invocation.config();
  const log = createLog(config.logLevel);
  const profile = await readProfile(config.network);
  const keys = await loadKeys(config.keystore, await readPassword(invocation.options.passwordFile, false));
  const signalled = new Promise<null>((done) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => done(null));
  });
  const live = new LiveConfig(config);
  live.onChange(() => {
    log.level = live.now.logLevel;
  });
  const reload = () => void takeOver(invocation, live, log);
  process.on('SIGHUP', reload);
  const daemon = await startDaemon(live, profile, keys, log);
  watchFile(invocation.configPath, { interval: LOOK_MS, persistent: false }, reload);
  // Only for a person at a terminal: the token must not end up in a journal.
  if (process.stderr.isTTY) process.stderr.write(`Dashboard: ${daemon.url}\n`);
  const error = await Promise.race([signalled, daemon.failed]);
  unwatchFile(invocation.configPath);
  if (error) log.error({ code: error.code, reason: error.message }, error.action);
  await daemon.stop();
  process.exit(error ? 1 : 0);
}

/** A file with a mistake in it changes nothing. */
async function takeOver(invocation: Invocation, live: LiveConfig, log: Log): Promise<void> {
  try {
    const { changed, waiting } = live.take(await invocation.config());
    if (changed.length > 0) log.info({ changed }, 'settings taken over');
    if (waiting.length > 0) log.warn({ waiting }, 'these settings wait for the next start');
  } catch (thrown) {
    const { message, action } = asWarrenError(thrown);
    log.warn({ reason: message }, `settings not taken over: ${action}`);
  }
}
