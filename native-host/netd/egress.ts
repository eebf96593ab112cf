/**
 * The provider's egress guard: what a stranger's traffic may reach through this home. Default drop; never
 * the home's own network, the machine, another client, or any special-purpose address.
 */
import { isIP } from 'node:net';
import { SPECIAL_V4, SPECIAL_V6 } from '../../shared/node/special-purpose.ts';
import { refuse } from './refusal.ts';

/** Live connections one client may hold through one home. */
const CONNECTIONS_PER_CLIENT = 1024;

export interface EgressPolicy {
  readonly forbid: readonly string[];
  readonly blockedTcpPorts: readonly number[];
  /** Each direction; absent: not limited. */
  readonly perClientKbps?: number | undefined;
}

/** One transaction that replaces the policy before it. @throws WarrenError `netd_refused` for a bad range. */
export function egressRules(link: string, policy: EgressPolicy): string {
  const forbidden = policy.forbid.map(parseRange);
  return [
    ...refill(link, 'special4', SPECIAL_V4),
    ...refill(link, 'special6', SPECIAL_V6),
    ...refill(link, 'forbid4', rangesOf(forbidden, 4)),
    ...refill(link, 'forbid6', rangesOf(forbidden, 6)),
    // An element keeps the rate it was made with.
    ...['up4', 'up6', 'down4', 'down6'].map((set) => `flush set inet ${link} ${set}`),
    ...refillChain(link, 'up', upRules(link, policy)),
    ...refillChain(link, 'down', downRules(policy)),
    ...refillChain(link, 'nat', [`iifname "${link}" oifname != "${link}" masquerade`]),
    '',
  ].join('\n');
}

/** Client → internet. The gate stands first, so that closing it stops established flows too. */
function upRules(link: string, policy: EgressPolicy): readonly string[] {
  const reject = 'counter reject with icmpx type admin-prohibited';
  return [
    'ip saddr != @open4 drop',
    'ip6 saddr != @open6 drop',
    `oifname "${link}" ${reject}`,
    `ip daddr @special4 ${reject}`,
    `ip6 daddr @special6 ${reject}`,
    // Only global unicast is in use (IANA IPv6 address space registry); everything else is closed unread.
    `ip6 daddr != 2000::/3 ${reject}`,
    `ip daddr @forbid4 ${reject}`,
    `ip6 daddr @forbid6 ${reject}`,
    `fib daddr type { local, broadcast, multicast, anycast } ${reject}`,
    ...(policy.blockedTcpPorts.length > 0
      ? [`tcp dport { ${policy.blockedTcpPorts.join(', ')} } counter reject with tcp reset`]
      : []),
    `ct state new add @count4 { ip saddr ct count over ${CONNECTIONS_PER_CLIENT} } drop`,
    `ct state new add @count6 { ip6 saddr ct count over ${CONNECTIONS_PER_CLIENT} } drop`,
    ...rateLimit('up', 'saddr', policy.perClientKbps),
    MSS_CLAMP,
    'accept',
  ];
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

function refillChain(link: string, chain: string, rules: readonly string[]): readonly string[] {
  return [`flush chain inet ${link} ${chain}`, ...rules.map((rule) => `add rule inet ${link} ${chain} ${rule}`)];
}
