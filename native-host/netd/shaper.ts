/**
 * Holds a provider's link to the capacity that its owner promises. It queues in front of WireGuard, so
 * what does not fit is dropped before it is counted: a saturated WireGuard counts packets that it then
 * loses, and clients would be billed for them (14 % measured).
 */
import { CommandFailed, run } from './commands.ts';

/** How long a packet may wait for its turn. */
const LATENCY_MS = 50;
/**
 * Bytes that may go back to back: a few full packets, or what passes between two looks of the kernel. No more: the
 * other end's socket holds about 120 KB by default, and what comes in one piece on top of it is lost (8 % measured
 * with ten milliseconds at 150 Mbit/s, after it had been counted here).
 */
const BURST_MS = 2;
const MIN_BURST_BYTES = 16_384;

/** @throws CommandFailed when the kernel has no token bucket filter. */
export async function shape(tc: string, link: string, kbps: number): Promise<void> {
  const burst = Math.max(MIN_BURST_BYTES, Math.ceil((kbps / 8) * BURST_MS));
  const root = [
    'root',
    'handle',
    '1:',
    'tbf',
    'rate',
    `${kbps}kbit`,
    'burst',
    `${burst}`,
    'latency',
    `${LATENCY_MS}ms`,
  ];
  await run(tc, ['qdisc', 'replace', 'dev', link, ...root]);
  // Shares the link fairly between clients where the kernel can; without it they queue in one line.
  await run(tc, ['qdisc', 'replace', 'dev', link, 'parent', '1:', 'fq_codel']).catch((error: unknown) => {
    if (!(error instanceof CommandFailed)) throw error;
  });
}
