/** A node in plain text, for whoever runs a relay or a block list. It names the node and nothing of its reader. */
import type { NodeView } from '../messages.ts';
import type { Known } from '../nodes/book.ts';

export function reportText(
  node: NodeView,
  known: Known | null,
  birth: { readonly bornAt: number | null } | string,
): string {
  const born = typeof birth === 'object' && birth.bornAt !== null ? new Date(birth.bornAt * 1000).toISOString() : '–';
  const lines = [
    `Warren node ${node.did}`,
    `payee: ${node.payee}`,
    `says: ${node.country}${node.city ? `, ${node.city}` : ''}, AS${node.asn ?? '?'} ${node.network ?? ''}, ` +
      `${node.residential ? 'residential' : 'hosting'}, ${node.pricePerMB} wei/MB, ${node.capacityMbps} Mbit/s`,
    `on chain since: ${born}`,
    `answers: ${node.online ? `${node.latencyMs ?? '?'} ms` : 'no'}`,
    `best speed: ${known?.use?.top ? `${((known.use.top * 8) / 1e6).toFixed(1)} Mbit/s` : 'not measured'}`,
    `reached: ${known?.use?.reach ? `${known.use.reach.kind}, ${known.use.reach.remote}` : 'never'}`,
    'what is wrong: ',
  ];
  return lines.join('\n');
}
