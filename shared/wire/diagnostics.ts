/** What the host finds when it looks at itself: a line each, in English and as a code that others have their own words for. */
import * as v from 'valibot';

/** Append-only. An error's code stands for the error; a code that a window does not know leaves it the host's text. */
export const SAID_CODES = [
  ...(['connected', 'connecting', 'unreachable'] as const),
  ...(['netdKernel', 'netdProgram', 'rootlessKernel', 'rootlessProgram'] as const),
  ...(['stun', 'turn', 'turnNone', 'ledger', 'natNone', 'natUnmeasured'] as const),
  ...(['exitOther', 'exitOwn', 'exitOwnLan', 'exitUncompared', 'exitNoStun', 'exitUnasked', 'exitFailed'] as const),
] as const;
export type SaidCode = (typeof SAID_CODES)[number];

const Text = v.pipe(v.string(), v.maxLength(1024));

export const DiagnosticsSchema = v.object({
  lines: v.array(
    v.object({
      id: v.optional(Text),
      name: Text,
      ok: v.boolean(),
      text: Text,
      /** `values`: what the code's words speak of, in their order; of an exit the first is its name. */
      said: v.optional(v.object({ code: Text, values: v.pipe(v.array(Text), v.maxLength(4)) })),
    }),
  ),
});
