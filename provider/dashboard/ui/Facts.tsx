/** Who and where this node is, and how the world reaches it. */
import type { Status } from '../status.ts';
import { Card } from './Card.tsx';
import { countryName, duration, tokens } from './words.ts';

export function Facts({ now }: { now: Status }) {
  const { offer, reach, network, resolver } = now;
  const facts: readonly (readonly [string, string])[] = [
    ['Identity', now.did],
    ...(now.sender === now.account ? [] : ([['Pays the gas', now.sender]] as const)),
    ['Network', network.name],
    [
      'Offer',
      offer ? `${tokens(offer.pricePerMB, network, 6)} per MB, at ${offer.relays} relays` : 'not published yet',
    ],
    ['Place', offer ? [offer.city, countryName(offer.country)].filter(Boolean).join(', ') : '–'],
    [
      'Line',
      offer?.network
        ? `${offer.network} (AS${offer.asn}), ${offer.residential ? 'residential' : 'hosting'}`
        : 'not known',
    ],
    ['Reached as', `${reach.publicAddresses.join(', ') || 'unknown'}, UDP port ${reach.port} here`],
    ['NAT', reach.natWords.title],
    ['What clients get', reach.natWords.clients],
    ['WireGuard', reach.backend === 'kernel' ? 'the kernel’s' : reach.backend],
    ['Names asked', `${resolver.asked} (${resolver.refused} refused, ${resolver.failed} failed)`],
    ['Up', `${duration(now.now - now.startedAt)}, port changed ${reach.rotations} times`],
    ['Version', now.version],
  ];
  return (
    <Card id="node" title="Node">
      <dl class="facts">
        {facts.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
