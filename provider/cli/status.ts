/** `status`: what the running node does. */
import type { Invocation } from './invocation.ts';
import { columns, print, printJson, tokensOf } from './print.ts';
import { fetchStatus } from './running.ts';

export async function status(invocation: Invocation): Promise<void> {
  const { status: now, url } = await fetchStatus(await invocation.config());
  if (invocation.options.json) return printJson({ ...now, url });
  const { offer, reach, clients, earnings, network } = now;
  const refused = Object.values(clients.refused).reduce((sum, count) => sum + count, 0);
  const troubles = now.health.filter(({ ok }) => !ok);
  print(
    columns([
      ['State', now.state],
      ['Identity', now.did],
      ['Offer', offer ? `${offer.country}, ${offer.network ?? 'unknown network'}, at ${offer.relays} relays` : 'none'],
      ['Price', offer ? `${tokensOf(offer.pricePerMB, network)} per MB` : '–'],
      ['Reach', `relays ${reach.relays}, ledger ${reach.ledger}`],
      ['NAT', reach.natWords.title],
      ['', reach.natWords.clients],
      [
        'Clients',
        `${clients.active} of at most ${clients.max}, ${clients.served} since the start` +
          (refused > 0 ? `, ${refused} sent away for want of room` : ''),
      ],
      ['Claimed', `${tokensOf(earnings.claimed, network)} since the start`],
      ['Unclaimed', `${tokensOf(earnings.unclaimed, network)} in ${earnings.proofs} channels`],
      ...troubles.map(({ name, text, action }) => [`! ${name}`, [text, action].filter(Boolean).join('. ')] as const),
      ['Dashboard', url],
    ]),
  );
}
