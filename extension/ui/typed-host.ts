/** The site that a person types into a field, and the host in it. */
import { useState } from 'preact/hooks';
import { parseHost } from '../routing/hosts.ts';

export interface TypedHost {
  readonly text: string;
  /** Null while the text names none. */
  readonly host: string | null;
  /** For the field that it is typed into. */
  readonly field: { readonly value: string; onText(text: string): void };
}

export function useTypedHost(): TypedHost {
  const [text, onText] = useState('');
  return { text, host: parseHost(text), field: { value: text, onText } };
}
