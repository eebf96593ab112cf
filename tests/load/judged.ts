/**
 * A flow that must lose nothing, beside one that nothing is done to. Where that one loses packets too, or the
 * kernel had no room for some, the machine was too busy, and the run says little of us: it is repeated. In
 * the end every packet that is missing has to be one that the kernel counted; no loss of ours is forgiven.
 */

export interface Counted {
  readonly sent: number;
  readonly received: number;
}

export interface Run {
  readonly flow: Counted;
  /** The control, where there is room for one. */
  readonly bare?: Counted;
  /** Packets that the kernel dropped on the way for want of room. */
  readonly overflowed: number;
}

const TRIES = 3;
const NONE: Counted = { sent: 0, received: 0 };

export const lost = ({ sent, received }: Counted): number => sent - received;

/** Packets that are missing though the machine had room for them. */
export const lostByUs = ({ flow, overflowed }: Run): number => Math.max(0, lost(flow) - overflowed);

/** The first run that a busy machine has not marred, else the last. */
export async function judged<T extends Run>(run: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    const result = await run();
    const { flow, bare = NONE, overflowed } = result;
    if (n === TRIES || lost(flow) === 0 || lost(bare) + overflowed === 0) return result;
    console.log(
      `a busy machine: ${lost(flow)} lost; ${lost(bare)} where nothing was done, ${overflowed} for want of room`,
    );
  }
}
