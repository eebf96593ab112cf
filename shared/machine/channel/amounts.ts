/** Bytes to money and back. Money is rounded in the provider's favour, bytes in the client's: both by less than a unit. */
import { type ByteCount, MEGABYTE, type Wei } from '../../base/units.ts';

/** What so many bytes cost, rounded up to a whole wei. */
export function costOf(bytes: ByteCount, pricePerMB: Wei): Wei {
  const unit = BigInt(MEGABYTE);
  return (BigInt(Math.ceil(bytes)) * pricePerMB + unit - 1n) / unit;
}

/** How many bytes so much money pays for; without end where they cost nothing. */
export function bytesFor(amount: Wei, pricePerMB: Wei): ByteCount {
  if (pricePerMB === 0n) return Number.POSITIVE_INFINITY;
  return Number((amount * BigInt(MEGABYTE)) / pricePerMB);
}
