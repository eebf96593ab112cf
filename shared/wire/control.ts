/**
 * The in-tunnel control channel: newline-delimited JSON over TCP to the gateway's port 7077,
 * at most 4 KiB a line. WireGuard has already said who speaks; `session` ties it to the handshake.
 *
 * client → provider: hello, proof, candidates, close.
 * provider → client: ready, receipt, gate, candidates, path, goodbye, closed.
 */
import * as v from 'valibot';
import { CandidatesSchema } from './candidate.ts';
import { ErrorSchema } from './native.ts';
import { CountSchema, HexSchema, PortSchema, WeiSchema } from './schema.ts';

export const CONTROL_PORT = 7077;
export const DNS_PORT = 53;
/** Where the provider, which may not bind 53, really listens: netd redirects the gateway's port 53 to it. */
export const RESOLVER_PORT = 7053;
export const MAX_CONTROL_LINE_BYTES = 4096;

/**
 * Everything that the sender can be reached at from now on, in place of what the handshake or an earlier
 * message said: after a rotation, a roaming, a relay that came late. The other side checks it beside the
 * path in use. 16 of them take 1.7 KB.
 */
const CandidatesMessage = v.object({
  type: v.literal('candidates'),
  candidates: CandidatesSchema,
});

/** EIP-2098 compact signature over the EIP-712 `Proof`. */
const Signature = HexSchema(64);

export const ControlUpSchema = v.variant('type', [
  /** `connection` grows with each that the session makes: what an outage held back comes after what was said later. */
  v.object({ type: v.literal('hello'), session: HexSchema(32), connection: v.optional(CountSchema, 0) }),
  /** One cumulative payment, and the client's own receive counter that it pays for. */
  v.object({
    type: v.literal('proof'),
    cumulative: WeiSchema,
    signature: Signature,
    rxBytes: CountSchema,
  }),
  CandidatesMessage,
  /** Asks for a cooperative close; the last proof went before. */
  v.object({ type: v.literal('close') }),
]);
export type ControlUp = v.InferOutput<typeof ControlUpSchema>;
export type ControlUpInput = v.InferInput<typeof ControlUpSchema>;

export const ControlDownSchema = v.variant('type', [
  /** The channel as the provider sees it. `highest` is the client's own signature, handed back for recovery. */
  v.object({
    type: v.literal('ready'),
    highest: v.nullable(v.object({ cumulative: WeiSchema, signature: Signature })),
    observedAddress: v.string(),
  }),
  /** After each proof and at least once a second while bytes flow: what the provider received from the client. */
  v.object({
    type: v.literal('receipt'),
    accepted: WeiSchema,
    rxBytes: CountSchema,
    txBytes: CountSchema,
  }),
  CandidatesMessage,
  /** After each nomination: the provider's WireGuard sends to this address of the client's by the nominated way. */
  v.object({ type: v.literal('path'), remote: v.object({ address: v.pipe(v.string(), v.ip()), port: PortSchema }) }),
  v.object({ type: v.literal('gate'), open: v.boolean(), error: v.nullable(ErrorSchema) }),
  v.object({ type: v.literal('refused'), error: ErrorSchema }),
  /** The provider stops: fail over. */
  v.object({ type: v.literal('goodbye'), error: ErrorSchema }),
  v.object({ type: v.literal('closed'), transaction: HexSchema(32), claimed: WeiSchema, refunded: WeiSchema }),
]);
export type ControlDown = v.InferOutput<typeof ControlDownSchema>;
export type ControlDownInput = v.InferInput<typeof ControlDownSchema>;
