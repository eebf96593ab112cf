/**
 * The provider's egress guard: what a stranger's traffic may reach through this home. Default drop; never
 * the home's own network, the machine, another client, or any special-purpose address.
 */
import { isIP } from 'node:net';
import { SPECIAL_V4, SPECIAL_V6 } from '../../shared/node/special-purpose.ts';
import { refuse } from './refusal.ts';

/** Live connections one client may hold through one home, where its owner says nothing. */
const CONNECTIONS_PER_CLIENT = 1024;
/** New flows of one client in a second; a page of many parts opens a hundred at once, a port scan goes on. */
const NEW_FLOWS_PER_SECOND = 100;
/** How many seconds' worth of new flows may come at once. */
const BURST_SECONDS = 5;

export interface EgressPolicy {
  readonly forbid: readonly string[];
  readonly blockedTcpPorts: readonly number[];
  readonly blockedUdpPorts?: readonly number[] | undefined;
  /** Nothing but these ports, TCP and UDP; absent or empty: all that are not blocked. */
  readonly allowedPorts?: readonly number[] | undefined;
  /** Each direction; absent or 0: not limited. */
  readonly perClientKbps?: number | undefined;
  readonly maxConnections?: number | undefined;
  readonly newFlowsPerSecond?: number | undefined;
}

/**
 * One transaction that replaces the policy before it.
 * @param before the policy that is in force; null: none.
 * @throws WarrenError `netd_refused` for a bad range.
 */
export function egressRules(link: string, policy: EgressPolicy, before: EgressPolicy | null): string {
  const forbidden = policy.forbid.map(parseRange);
  return [
    ...refill(link, 'special4', SPECIAL_V4),
    ...refill(link, 'special6', SPECIAL_V6),
    ...refill(link, 'forbid4', rangesOf(forbidden, 4)),
    ...refill(link, 'forbid6', rangesOf(forbidden, 6)),
    // An element keeps the limit it was made with. Connections that are counted stay so where it is the same.
    ...['up', 'down', 'flow'].flatMap((set) => flushBoth(link, set)),
    ...(before?.maxConnections === policy.maxConnections ? [] : flushBoth(link, 'count')),
    ...refillChain(link, 'up', upRules(link, policy)),
    ...refillChain(link, 'down', downRules(policy)),
    ...refillChain(link, 'nat', [`iifname "${link}" oifname != "${link}" masquerade`]),
    '',
  ].join('\n');
}

const REJECT = 'counter reject with icmpx type admin-prohibited';

/** Client → internet. The gate stands first, so that closing it stops established flows too. */
function upRules(link: string, policy: EgressPolicy): readonly string[] {
  const connections = policy.maxConnections ?? CONNECTIONS_PER_CLIENT;
  const flows = policy.newFlowsPerSecond ?? NEW_FLOWS_PER_SECOND;
  const flowLimit = `limit rate over ${flows}/second burst ${flows * BURST_SECONDS} packets`;
  return [
    'ip saddr != @open4 drop',
    'ip6 saddr != @open6 drop',
    // What conntrack does not follow would leave without masquerade, under the tunnel address.
    'ct state { invalid, untracked } counter drop',
    ...protocolRules(),
    `oifname "${link}" ${REJECT}`,
    `ip daddr @special4 ${REJECT}`,
    `ip6 daddr @special6 ${REJECT}`,
    // Only global unicast is in use (IANA IPv6 address space registry); everything else is closed unread.
    `ip6 daddr != 2000::/3 ${REJECT}`,
    `ip daddr @forbid4 ${REJECT}`,
    `ip6 daddr @forbid6 ${REJECT}`,
    `fib daddr type { local, broadcast, multicast, anycast } ${REJECT}`,
    ...portRules(policy),
    `ct state new update @flow4 { ip saddr ${flowLimit} } counter drop`,
    `ct state new update @flow6 { ip6 saddr ${flowLimit} } counter drop`,
    `ct state new add @count4 { ip saddr ct count over ${connections} } counter drop`,
    `ct state new add @count6 { ip6 saddr ct count over ${connections} } counter drop`,
    ...rateLimit('up', 'saddr', policy.perClientKbps),
    MSS_CLAMP,
    'accept',
  ];
}

/** TCP, UDP and echo. Anything else could be a tunnel around the rules behind (6in4, GRE), and no browser speaks it. */
function protocolRules(): readonly string[] {
  return [
    `meta l4proto != { 1, 6, 17, 58 } ${REJECT}`,
    'ct state new icmp type != echo-request counter drop',
    'ct state new icmpv6 type != echo-request counter drop',
  ];
}

function portRules({ blockedTcpPorts, blockedUdpPorts = [], allowedPorts = [] }: EgressPolicy): readonly string[] {
  const rules: string[] = [];
  if (blockedTcpPorts.length > 0)
    rules.push(`tcp dport { ${blockedTcpPorts.join(', ')} } counter reject with tcp reset`);
  if (blockedUdpPorts.length > 0) rules.push(`udp dport { ${blockedUdpPorts.join(', ')} } ${REJECT}`);
  if (allowedPorts.length > 0) {
    rules.push(`tcp dport != { ${allowedPorts.join(', ')} } counter reject with tcp reset`);
    rules.push(`udp dport != { ${allowedPorts.join(', ')} } ${REJECT}`);
  }
  return rules;
}

/** Internet → client: only answers. */
function downRules(policy: EgressPolicy): readonly string[] {
  return [
    'ip daddr != @open4 drop',
    'ip6 daddr != @open6 drop',
    'ct state { new, invalid, untracked } drop',
    ...rateLimit('down', 'daddr', policy.perClientKbps),
    MSS_CLAMP,
    'accept',
  ];
}

const MSS_CLAMP = 'tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu';

/** A token bucket per client. nft itself lets it fill to one second of the rate plus this burst: one full GRO packet. */
const BURST_BYTES = 65_536;

function rateLimit(direction: 'up' | 'down', field: 'saddr' | 'daddr', kbps: number | undefined): readonly string[] {
  if (kbps === undefined || kbps === 0) return [];
  const bytesPerSecond = Math.ceil((kbps * 1000) / 8);
  const limit = `limit rate over ${bytesPerSecond} bytes/second burst ${BURST_BYTES} bytes`;
  return [
    `update @${direction}4 { ip ${field} ${limit} } drop`,
    `update @${direction}6 { ip6 ${field} ${limit} } drop`,
  ];
}

interface Range {
  readonly family: 4 | 6;
  readonly text: string;
}

function parseRange(text: string): Range {
  const [address = '', bits, extra] = text.split('/');
  const family = isIP(address);
  const width = family === 4 ? 32 : 128;
  const length = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if ((family !== 4 && family !== 6) || extra !== undefined || !(length <= width))
    throw refuse(
      'A forbidden range is neither an address nor a prefix.',
      'Report this: the list of ranges is malformed.',
    );
  return { family, text: `${address}/${length}` };
}

function rangesOf(ranges: readonly Range[], family: 4 | 6): readonly string[] {
  return ranges.filter((range) => range.family === family).map((range) => range.text);
}

function refill(link: string, set: string, elements: readonly string[]): readonly string[] {
  const flush = `flush set inet ${link} ${set}`;
  return elements.length === 0 ? [flush] : [flush, `add element inet ${link} ${set} { ${elements.join(', ')} }`];
}

function flushBoth(link: string, set: string): readonly string[] {
  return [`flush set inet ${link} ${set}4`, `flush set inet ${link} ${set}6`];
}

function refillChain(link: string, chain: string, rules: readonly string[]): readonly string[] {
  return [`flush chain inet ${link} ${chain}`, ...rules.map((rule) => `add rule inet ${link} ${chain} ${rule}`)];
}
