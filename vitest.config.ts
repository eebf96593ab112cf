import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Suites, since most need root and network namespaces: `--project unit` runs anywhere.
    projects: [
      { test: { name: 'unit', include: ['tests/unit/**/*.test.{ts,tsx}', 'tests/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'net',
          include: ['tests/net/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'roles',
          include: ['tests/roles/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
