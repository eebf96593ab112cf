/** How tests run in the guest: one file after the other, and each with time. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/{kernel,net}/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    fileParallelism: false,
  },
});
