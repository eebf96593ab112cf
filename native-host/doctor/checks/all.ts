/** Every check, in the order in which a person would look: the host, who makes tunnels, the network around. */
import type { Facts } from '../facts.ts';
import type { Verdict } from '../verdict.ts';
import { checkBrowsers, checkHost } from './host.ts';
import { checkNetwork } from './network.ts';
import { checkTunnels } from './tunnels.ts';

export function judge({ host, browsers, tunnels, network }: Facts): readonly Verdict[] {
  return [checkHost(host), checkBrowsers(browsers), ...checkTunnels(tunnels), ...checkNetwork(network)];
}
