/** Where tests make folders that have to lie in memory (tmpfs). `./warren test` names one and removes it at its end. */
export const MEMORY = process.env.WARREN_TEST_MEMORY ?? '/dev/shm';
