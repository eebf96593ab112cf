/**
 * What the kernel knows of the way to a peer: the MTU of the link it leaves by, and what routers on the way
 * have said (RFC 1191, RFC 8201). Padded checks find the ways where they say nothing; but once they have said
 * something, the kernel cuts larger checks in pieces, and those arrive.
 */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { BASE_MTU } from '../wire/netd.ts';

/** `ip -json route get`: `metrics` is there when a router has said how much it carries. */
const RouteSchema = v.tuple([
  v.object({
    dev: v.pipe(v.string(), v.regex(/^[^/\s]{1,15}$/)),
    metrics: v.optional(v.array(v.object({ mtu: v.optional(v.number()) }))),
  }),
]);
const UDP_AND_WIREGUARD = 40;
const IP_HEADER = { 4: 20, 6: 40 } as const;

/**
 * Of a tunnel's link, in bytes, so that its packets reach `address` whole. Never less than 1280.
 * @param routeTo what `ip -json route get` writes for an address, in the network that the packets leave by.
 */
export async function mtuTowards(routeTo: (address: string) => Promise<string>, address: string): Promise<number> {
  const answer = v.safeParse(RouteSchema, JSON.parse(await routeTo(address)));
  if (!answer.success) return BASE_MTU;
  const [{ dev, metrics = [] }] = answer.output;
  const ofLink = Number(await readFile(`/sys/class/net/${dev}/mtu`, 'utf8'));
  const whole = Math.min(ofLink, ...metrics.flatMap(({ mtu }) => mtu ?? []));
  return Math.max(BASE_MTU, whole - UDP_AND_WIREGUARD - IP_HEADER[address.includes(':') ? 6 : 4]);
}
