/**
 * Our programs as the suites run them: bundled like those of the packages (bundle-programs.ts), each in a few files
 * instead of hundreds. A lab starts them again and again, and to find, read and link hundreds of modules is half a
 * second of a processor each time. What runs without the suites' runner runs the sources.
 */
import { dirname, join } from 'node:path';

/** Where they are, below the checkout: in it, so that what they find in node_modules is the same. */
export const BUNDLES = 'dist/programs';
/** `yes` where a runner has made them. */
const SWITCH = 'WARREN_TEST_BUNDLED';
/** One of a folder, which names its bundle. */
export const PROGRAMS = [
  'native-host/main.ts',
  'native-host/netd/main.ts',
  'provider/main.ts',
  'helper/main.ts',
  'contracts/deploy.ts',
  // Of the tests themselves, but started as often.
  'tests/net/netd-programs/probe.ts',
  'tests/net/netd-guardian.ts',
] as const;

export type Program = (typeof PROGRAMS)[number];

/** @param file of the sources. @returns what to start for it, relative to the checkout. */
export function programOf(file: string): string {
  const bundled = areBundled() && PROGRAMS.some((program) => program === file);
  return bundled ? join(BUNDLES, dirname(file), 'main.mjs') : file;
}

export const areBundled = (): boolean => process.env[SWITCH] === 'yes';

/** For all that this process starts from now on. */
export function useBundles(): void {
  process.env[SWITCH] = 'yes';
}
