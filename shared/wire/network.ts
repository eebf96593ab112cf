/** A network profile (`manifest/networks/<name>.json`): the chain, the contracts on it, and the helpers. */
import * as v from 'valibot';
import { AddressSchema, CountSchema, PortSchema } from './schema.ts';

const Text = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const Host = v.object({ host: Text, port: PortSchema });

export const NetworkProfileSchema = v.object({
  name: Text,
  chainId: CountSchema,
  rpcUrl: v.pipe(v.string(), v.url()),
  /** HermeChannels, EthereumDIDRegistry and the ERC-20 that pays. */
  channels: AddressSchema,
  didRegistry: AddressSchema,
  token: AddressSchema,
  tokenName: Text,
  tokenSymbol: Text,
  tokenDecimals: CountSchema,
  coinSymbol: Text,
  /** What one whole coin is worth in token wei, about: to show fees in both. Nothing is decided by it. */
  coinInToken: v.optional(v.pipe(v.string(), v.regex(/^\d{1,30}$/, 'expected decimal wei'))),
  explorer: v.nullable(v.pipe(v.string(), v.url())),
  /** Blocks after which a deposit counts. */
  confirmations: CountSchema,
  /** First block that can hold a log of these contracts; without it, watchers begin at the newest block. */
  deployedAtBlock: v.optional(CountSchema),
  relays: v.pipe(v.array(v.pipe(v.string(), v.regex(/^wss?:\/\//), v.maxLength(200))), v.minLength(1), v.maxLength(8)),
  /** At least two, on different addresses: one socket asks both, which classifies the NAT (RFC 5780). */
  stun: v.pipe(v.array(Host), v.minLength(1), v.maxLength(8)),
  /** Where to ask for leave to use a TURN relay; a network without one connects only where routers let it. */
  turn: v.optional(v.pipe(v.array(v.pipe(v.string(), v.url(), v.regex(/^https?:/), v.maxLength(200))), v.maxLength(8))),
});
export type NetworkProfile = v.InferOutput<typeof NetworkProfileSchema>;
