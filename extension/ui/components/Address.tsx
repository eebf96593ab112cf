/**
 * A whole address in groups of four, its two ends stressed: a look-alike that was swapped in on the way shows at one
 * of them. Copied out of the page, it is one word.
 */
import { TEST } from '../testids.ts';

export function Address({ address }: { address: string }) {
  const groups = [address.slice(0, 6), ...(address.slice(6).match(/.{1,4}/g) ?? [])];
  return (
    <p class="full-address" data-testid={TEST.address} dir="ltr">
      {groups.map((group, at) => (
        <span key={at} class={at === 0 || at === groups.length - 1 ? 'address-end' : 'address-group'}>
          {group}
        </span>
      ))}
    </p>
  );
}
