/** What a NAT means for those who come: in words for the owner of a node, honest also where it is bad news. */
import type { Nat } from '../shared/machine/traversal/api.ts';

export interface NatWords {
  /** Short, for a line in a list. */
  readonly title: string;
  /** What clients get. */
  readonly clients: string;
  /** What would make it better; null: nothing. */
  readonly action: string | null;
  readonly good: boolean;
}

/** @param nat null: no STUN server answered. */
export function natWords(nat: Nat | null): NatWords {
  if (!nat || nat.translated === null)
    return {
      title: 'not known: no STUN server answered',
      clients: 'If UDP is blocked here, clients reach this node through a relay only, which is slower.',
      action: 'Allow outgoing UDP in your firewall.',
      good: false,
    };
  if (!nat.translated)
    return {
      title: `none: this machine has a public address${terms(nat)}`,
      clients: 'Every client reaches this node directly.',
      action: null,
      good: true,
    };
  switch (nat.mapping) {
    case 'endpoint-independent':
      return {
        title: `easy NAT${terms(nat)}`,
        clients: 'Clients reach this node directly, from home and from mobile networks; no port has to be forwarded.',
        action: null,
        good: true,
      };
    case 'address-dependent':
    case 'address-and-port-dependent':
      return {
        title: `hard NAT${terms(nat)}`,
        clients:
          'Clients at an ordinary home reach this node directly, which may take them some seconds. ' +
          'Those behind another hard NAT (mobile networks, offices) get a relay, which is slower, and will often choose another node.',
        action: 'Switch on UPnP or PCP in your router, or forward a UDP port to this machine and set udpPort to it.',
        good: false,
      };
    default:
      return {
        title: `only half known${terms(nat)}`,
        clients: 'One STUN server answered, which is too few to tell how clients will reach this node.',
        action: 'Look again later.',
        good: false,
      };
  }
}

/** The same in RFC 4787's words. */
function terms({ mapping, filtering, translated }: Nat): string {
  const said = [
    translated && mapping !== 'unknown' ? `mapping ${mapping}` : null,
    filtering === 'unknown' ? null : `filtering ${filtering}`,
  ].filter((text) => text !== null);
  return said.length > 0 ? ` (${said.join(', ')})` : '';
}
