/**
 * Whether what clients send would be forwarded: another firewall of this machine (Docker's, ufw's) may drop all
 * that no rule of its own lets pass, and no rule of ours can take that back. It looks and changes nothing.
 */
import { accessSync, constants } from 'node:fs';
import * as v from 'valibot';
import type { ForwardLook } from '../../shared/wire/netd.ts';
import type { Nft } from './nft.ts';

const SWITCH = '/proc/sys/net/ipv4/ip_forward';

/** `nft -j list …`: of chains and rules, what is asked here. */
const ChainSchema = v.object({
  family: v.picklist(['ip', 'ip6', 'inet']),
  // They come back to be typed by a person: nothing that a shell would read.
  table: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)),
  name: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)),
  hook: v.literal('forward'),
  policy: v.literal('drop'),
});
type Chain = v.InferOutput<typeof ChainSchema>;

export async function lookAtForwarding(nft: Nft): Promise<ForwardLook> {
  const chains = (await nft.list('chains')).flatMap((item) => {
    const chain = v.safeParse(ChainSchema, fieldOf(item, 'chain'));
    return chain.success ? [chain.output] : [];
  });
  const droppedBy: string[] = [];
  for (const chain of chains) if (!(await letsUsPass(nft, chain))) droppedBy.push(nameOf(chain));
  return { switchable: isSwitchable(), droppedBy: droppedBy.slice(0, 8) };
}

const nameOf = ({ family, table, name }: Chain) => `${family} ${table} ${name}`;

/** A rule for our links that accepts, whoever wrote it: one for what they bring, one for what goes to them. */
async function letsUsPass(nft: Nft, { family, table, name }: Chain): Promise<boolean> {
  const rules = (await nft.list('chain', family, table, name)).map((item) => JSON.stringify(fieldOf(item, 'rule')));
  const passes = (key: string) =>
    rules.some((rule) => rule?.includes(`"${key}"`) && rule.includes('"wrn') && rule.includes('"accept"'));
  return passes('iifname') && passes('oifname');
}

function fieldOf(item: unknown, name: 'chain' | 'rule'): unknown {
  return typeof item === 'object' && item !== null && name in item ? Reflect.get(item, name) : undefined;
}

/** In a container these switches may be the host's, and read-only. */
function isSwitchable(): boolean {
  try {
    accessSync(SWITCH, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
