/**
 * The name by which a browser asks the local proxy whether its requests really arrive there. It ends in `.invalid`
 * (RFC 6761 §6.4): no resolver knows it, so a request that goes astray fails and tells nobody anything.
 */
import * as v from 'valibot';

export const SELF_TEST_HOST = 'self-test.warren.invalid';

/** What the proxy answers, as JSON. */
export const SelfTestSchema = v.object({
  /** The proxy's own user name: nobody else can answer in its place. */
  proxy: v.pipe(v.string(), v.maxLength(64)),
  /** Whether the exit's resolver answered a question through the tunnel. */
  names: v.boolean(),
});
export type SelfTest = v.InferOutput<typeof SelfTestSchema>;
