import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Suites, since most need root and network namespaces: `--project unit` runs anywhere.
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts', 'tests/*.test.ts'],
          testTimeout: 20_000,
          // A process for each of a hundred small files would be a quarter of their time.
          isolate: false,
        },
      },
      {
        // Preact waits for the next frame of a window, and would wait for ever for one that went with another file.
        test: { name: 'unit-windows', include: ['tests/unit/**/*.test.tsx'], testTimeout: 20_000 },
      },
      inLab('net'),
      inLab('roles'),
      inLab('load'),
      inLab('outages'),
      inLab('rotation'),
    ],
  },
});

/** Suites that build labs. Each lab is a world of its own, so that two files may run at a time; what measures runs one by one. */
function inLab(name: 'net' | 'roles' | 'load' | 'outages' | 'rotation') {
  const include = [`tests/${name}/**/*.test.ts`];
  return {
    test: { name, include, testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: name === 'net', isolate: false },
  };
}
