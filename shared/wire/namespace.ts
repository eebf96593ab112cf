/**
 * What the host and its own process in a namespace say to each other, over Node's IPC channel. A socket
 * may travel with a message: the channel carries it beside the text.
 */
import * as v from 'valibot';
import { TunnelAddress4Schema, TunnelAddress6Schema, VerbSchema } from './netd.ts';
import { CountSchema, PortSchema } from './schema.ts';

const IpSchema = v.pipe(v.string(), v.ip());

export const NamespaceBodySchema = v.variant('what', [
  /** A verb of netd's protocol, for the tunnels of the namespace. */
  v.object({ what: v.literal('verb'), verb: VerbSchema }),
  /** A UDP socket on the namespace's loopback; it comes back with the answer. */
  v.object({ what: v.literal('leg') }),
  /** A local proxy behind the listening socket that comes with this message. */
  v.object({
    what: v.literal('proxy'),
    localAddress4: TunnelAddress4Schema,
    localAddress6: v.nullable(TunnelAddress6Schema),
    resolver: v.object({ address: IpSchema, port: PortSchema }),
  }),
  v.object({ what: v.literal('cut'), proxy: CountSchema }),
  v.object({ what: v.literal('close'), proxy: CountSchema }),
  /** A TCP connection from a tunnel's address; its socket comes back with the answer. */
  v.object({
    what: v.literal('connect'),
    localAddress: TunnelAddress4Schema,
    address: IpSchema,
    port: PortSchema,
    timeoutMs: CountSchema,
  }),
]);
export type NamespaceBody = v.InferOutput<typeof NamespaceBodySchema>;

export const NamespaceRequestSchema = v.object({ id: CountSchema, body: NamespaceBodySchema });

/** The answer to 0, which nobody asked, says that the namespace is ready, or why it is not. */
export const NamespaceAnswerSchema = v.object({
  id: CountSchema,
  result: v.optional(v.unknown()),
  error: v.optional(v.object({ code: v.string(), message: v.string(), action: v.string() })),
});
export type NamespaceAnswer = v.InferOutput<typeof NamespaceAnswerSchema>;

export const ProxyOpenedSchema = v.object({
  proxy: CountSchema,
  port: PortSchema,
  username: v.string(),
  password: v.string(),
});
