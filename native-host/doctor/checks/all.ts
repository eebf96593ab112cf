/** Every check, in the order in which a person would look: the host, who makes tunnels, the network around. */
import type { Facts } from '../facts.ts';
import type { Verdict } from '../verdict.ts';
import { checkBrowsers, checkHost } from './host.ts';
import { checkNetwork } from './network.ts';
import { OF_CHECKOUT, type Remedies } from './remedies.ts';
import { checkTunnels } from './tunnels.ts';

export function judge(
  { host, browsers, tunnels, network }: Facts,
  remedies: Remedies = OF_CHECKOUT,
): readonly Verdict[] {
  return [
    checkHost(host, remedies),
    checkBrowsers(browsers),
    ...checkTunnels(tunnels, remedies),
    ...checkNetwork(network, remedies),
  ];
}
