/**
 * What theory gives for every pair, written before anything was measured. Rows: the client's home,
 * columns: the provider's, both in the order of KINDS. d direct, l LAN, r relay.
 *
 * The rules behind it (RFC 4787 words; docs/NAT.md tells them at length):
 * - A mapping that depends on the destination ("hard") meets everybody whose filter passes any port of an
 *   address. Against a filter by address and port it needs birthday probing or prediction; two hard ones
 *   need a relay, unless one has a mapped port.
 * - A mapped port makes its owner as reachable as a public host, whatever the NAT does otherwise.
 * - Without UDP, or without a common IP family, only a relay is left.
 * - A NAT that answers strangers by itself spoils the port towards whoever sends first. The client always
 *   does (it has the provider's candidates a message earlier): so a poisoned client meets a port-restricted
 *   provider, but not the other way round.
 */
import { KIND_NAMES, type KindName, type Way } from './kinds.ts';

const GRID = `
                  open 1:1 EIF ADF APDF APDFc ADM APDMr APDMs CGNe CGNr noUDP LAN IPv6 eaPMP haPMP poisn
open                 d   d   d   d    d     d   d     d     d    d    d     r   d    r     d     d     d
one-to-one           d   d   d   d    d     d   d     d     d    d    d     r   l    r     d     d     d
eim-eif              d   d   d   d    d     d   d     d     d    d    d     r   l    r     d     d     d
eim-adf              d   d   d   d    d     d   d     d     d    d    d     r   l    r     d     d     d
eim-apdf             d   d   d   d    d     d   d     d     d    d    d     r   l    r     d     d     r
eim-apdf-changing    d   d   d   d    d     d   d     d     d    d    d     r   l    r     d     d     r
adm                  d   d   d   d    d     d   r     r     r    d    r     r   l    r     d     d     r
apdm-random          d   d   d   d    d     d   r     r     r    d    r     r   l    r     d     d     r
apdm-sequential      d   d   d   d    d     d   r     r     r    d    r     r   l    r     d     d     r
cgnat-easy           d   d   d   d    d     d   d     d     d    d    d     r   l    r     d     d     r
cgnat-random         d   d   d   d    d     d   r     r     r    d    r     r   l    r     d     d     r
udp-blocked          r   r   r   r    r     r   r     r     r    r    r     r   l    r     r     r     r
same-lan             d   l   l   l    l     l   l     l     l    l    l     l   l    d     l     l     l
ipv6-only            r   r   r   r    r     r   r     r     r    r    r     r   d    d     r     r     r
easy-pmp             d   d   d   d    d     d   d     d     d    d    d     r   l    r     d     d     d
hard-pmp             d   d   d   d    d     d   d     d     d    d    d     r   l    r     d     d     d
poisoned             d   d   d   d    d     d   r     r     r    d    r     r   l    r     d     d     r
`;

const WAYS: Readonly<Record<string, Way>> = { d: 'direct', l: 'lan', r: 'relay' };

const rows = new Map(
  GRID.trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [name = '', ...cells] = line.trim().split(/\s+/);
      return [name, cells] as const;
    }),
);

export function expected(client: KindName, provider: KindName): Way {
  const way = WAYS[rows.get(client)?.[KIND_NAMES.indexOf(provider)] ?? ''];
  if (!way) throw new RangeError(`the expectation of ${client} × ${provider} is missing`);
  return way;
}

const RANK: Readonly<Record<Way, number>> = { none: 0, relay: 1, direct: 2, lan: 3 };

/** As theory says, or better: a race may be won now and then where theory promises nothing. */
export function meets(got: Way, wanted: Way): boolean {
  return RANK[got] >= RANK[wanted];
}
