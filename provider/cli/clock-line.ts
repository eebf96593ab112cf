/** Whether this machine's clock is right, by the HTTP date (RFC 9110 §6.6.1) of the chain's RPC: handshakes and offers carry times. */
import type { HealthLine } from '../dashboard/status.ts';

const WITHIN_MS = 30_000;
const TIMEOUT_MS = 5_000;

export async function clockLine(url: string): Promise<HealthLine> {
  const name = 'Clock';
  try {
    const answer = await fetch(url, { method: 'POST', body: '{}', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const theirs = Date.parse(answer.headers.get('date') ?? '');
    if (Number.isNaN(theirs)) return { name, ok: true, text: 'nobody to compare it with', action: null };
    const off = Math.round((Date.now() - theirs) / 1000);
    if (Math.abs(off) * 1000 <= WITHIN_MS) return { name, ok: true, text: 'right', action: null };
    const text = `${Math.abs(off)} s ${off > 0 ? 'ahead' : 'behind'}`;
    return { name, ok: false, text, action: 'Clients would refuse this node: run "sudo timedatectl set-ntp true".' };
  } catch {
    return { name, ok: true, text: 'nobody to compare it with', action: null };
  }
}
