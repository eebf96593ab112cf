/**
 * Prints what a provider's endpoint finds of its NAT, as often as it finds something: `{"nat":…}`.
 *
 * usage: nat.ts <STUN port> <STUN address>…
 */
import { openEndpoint } from '../../../provider/endpoint.ts';
import { createClock } from '../../../shared/node/clock.ts';
import { createDatagrams, hostAddresses } from '../../../shared/node/datagrams.ts';

const [port = '', ...addresses] = process.argv.slice(2);
openEndpoint({
  datagrams: await createDatagrams(),
  openDatagrams: () => createDatagrams(),
  openRouterLine: null,
  clock: createClock(),
  servers: addresses.map((address) => ({ address, port: Number(port) })),
  hosts: hostAddresses,
  onGathered: ({ nat }) => process.stdout.write(`${JSON.stringify({ nat })}\n`),
});
