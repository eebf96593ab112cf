/** What kind of NAT it is, in the words of RFC 4787 and in plain ones. Pure. */

const BEHAVIOURS = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'] as const;
type Behaviour = (typeof BEHAVIOURS)[number];

export interface NatKind {
  /** RFC 4787 §4.1. */
  readonly mapping: string;
  /** RFC 4787 §5. */
  readonly filtering: string;
}

/** How hard it is to be met behind it: what the two decide between them. */
export type NatEase = 'open' | 'easy' | 'hard' | 'unknown';

export function natEase({ mapping, filtering }: NatKind): NatEase {
  if (!isBehaviour(mapping)) return 'unknown';
  if (mapping !== 'endpoint-independent') return 'hard';
  return filtering === 'endpoint-independent' ? 'open' : 'easy';
}

/** "Endpoint-Independent Mapping, Address-Dependent Filtering (RFC 4787)". */
export function natText({ mapping, filtering }: NatKind): string {
  return `${capital(mapping)} Mapping, ${capital(filtering)} Filtering (RFC 4787)`;
}

function isBehaviour(text: string): text is Behaviour {
  return (BEHAVIOURS as readonly string[]).includes(text);
}

function capital(text: string): string {
  return text.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()).replaceAll('-And-', '-and-');
}
