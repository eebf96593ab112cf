/**
 * The provider's resolver as the daemon starts it, for clients of the given addresses.
 *
 * usage: names-main.ts <settings as JSON> <client address>…
 */

import { startNames } from '../../../provider/names.ts';
import { parseConfig } from '../../../provider/settings/parse.ts';

const [settings = '{}', ...clients] = process.argv.slice(2);
const config = parseConfig({ network: '-', keystore: '-', ...JSON.parse(settings) });
const resolver = await startNames({ config, isClient: (address) => clients.includes(address) });
process.on('SIGUSR2', () => process.stdout.write(`${JSON.stringify(resolver.counts)}\n`));
process.stdout.write('listening\n');
