/** warren-helper: the command. Prints one line `{"ready":…}` on stdout once it serves; stops on SIGINT or SIGTERM. */
import { asWarrenError } from '../shared/base/errors.ts';
import { createClock } from '../shared/node/clock.ts';
import { startHelper } from './helper.ts';
import { createLog } from './log.ts';
import { type HelperOptions, parseOptions, USAGE } from './options.ts';

async function main(options: HelperOptions): Promise<void> {
  const log = createLog(options.log);
  const helper = await startHelper({ ...options, clock: createClock() });
  process.stdout.write(`${JSON.stringify({ ready: { stun: helper.stun, relay: helper.relayUrl } })}\n`);
  log.info({ stun: helper.stun.length, relay: helper.relayUrl, peers: options.peers.length }, 'serving');
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => resolve(name));
  });
  log.info({ signal }, 'stopping');
  await helper.close();
  log.info('stopped');
}

try {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options.help) process.stdout.write(USAGE);
  else await main(options);
} catch (thrown) {
  const { code, message, action } = asWarrenError(thrown);
  process.stderr.write(`warren-helper: ${message} ${action} (${code})\n`);
  process.exitCode = 1;
}
