/** The phases of both machines as tables; an event that a row does not name leaves the phase as it is. */

export type PayerPhase = 'waiting' | 'paying' | 'signing' | 'exhausted' | 'disputed';
export type PayerEvent = 'recovered' | 'sign' | 'signed' | 'empty' | 'topUp' | 'dispute';

export const PAYER_TRANSITIONS: Record<PayerPhase, Partial<Record<PayerEvent, PayerPhase>>> = {
  /** Nothing is paid before the provider has shown which of our proofs it holds. */
  waiting: { recovered: 'paying', dispute: 'disputed' },
  paying: { sign: 'signing', empty: 'exhausted', dispute: 'disputed' },
  /** One signature at a time. */
  signing: { signed: 'paying', dispute: 'disputed' },
  exhausted: { topUp: 'paying', recovered: 'paying', dispute: 'disputed' },
  /** For good: a new session may try again. */
  disputed: {},
};

export type PayeePhase = 'open' | 'gated' | 'closing';
export type PayeeEvent = 'overrun' | 'paid' | 'closeRequested' | 'closeCancelled';

export const PAYEE_TRANSITIONS: Record<PayeePhase, Partial<Record<PayeeEvent, PayeePhase>>> = {
  open: { overrun: 'gated', closeRequested: 'closing' },
  gated: { paid: 'open', closeRequested: 'closing' },
  /** The payer asked the chain for its money back: nothing more is given on its word. */
  closing: { closeCancelled: 'gated' },
};
