/** How many times longer than on a machine of its own a test waits: more where the processor is emulated. */
export const PATIENCE = Number(process.env.WARREN_TEST_PATIENCE ?? 1);
export const EMULATED = PATIENCE > 1;
