/**
 * The gate of one peer: whether its traffic is forwarded. A set of addresses, looked up before conntrack's
 * "established" in both directions, so closing it stops flows that are under way. The control channel,
 * the resolver and echo are not forwarded traffic: they always pass.
 */
export function gateRules(link: string, address4: string, address6: string, open: boolean): string {
  const lines: string[] = [];
  for (const [set, address] of [
    ['open4', address4],
    ['open6', address6],
  ] as const) {
    // "add" first, so that "delete" does not fail on an element that is not there.
    lines.push(`add element inet ${link} ${set} { ${address} }`);
    if (!open) lines.push(`delete element inet ${link} ${set} { ${address} }`);
  }
  return `${lines.join('\n')}\n`;
}
