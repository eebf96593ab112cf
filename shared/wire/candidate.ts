/** Transport candidates (RFC 8445 §5.1) as they ride inside the handshake. */
import * as v from 'valibot';
import { PortSchema } from './schema.ts';

export const CANDIDATE_TYPES = ['host', 'srflx', 'prflx', 'relay'] as const;
export type CandidateType = (typeof CANDIDATE_TYPES)[number];
export const MAX_CANDIDATES = 16;

export const CandidateSchema = v.object({
  type: v.picklist(CANDIDATE_TYPES),
  address: v.pipe(v.string(), v.ip()),
  port: PortSchema,
  /** RFC 8445 §5.1.2: 2^24·type + 2^8·local + 255. */
  priority: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31 - 1)),
});
export type Candidate = v.InferOutput<typeof CandidateSchema>;
export const CandidatesSchema = v.pipe(v.array(CandidateSchema), v.minLength(1), v.maxLength(MAX_CANDIDATES));
