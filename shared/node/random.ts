/** Unpredictable bytes in small pieces: to ask the system for twelve costs as much as for a thousand. */
import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4_096;
/** What is larger than this is drawn for itself. */
const LARGEST = 64;

/** @returns a drawer of bytes, each of which is handed out once. Not for keys: a pool of them would lie in memory. */
export function createRandom(): (length: number) => Uint8Array {
  const pool = new Uint8Array(POOL_BYTES);
  let at = POOL_BYTES;
  return (length) => {
    if (length > LARGEST) return randomFillSync(new Uint8Array(length));
    if (at + length > POOL_BYTES) {
      randomFillSync(pool);
      at = 0;
    }
    at += length;
    return pool.slice(at - length, at);
  };
}
