/**
 * Errors as a product: every failure a person may meet has a code that never changes,
 * a sentence that says what happened, and a sentence that says what to do.
 */
export interface WarrenErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  /** What the reader can do about it, as an imperative sentence. */
  readonly action: string;
}

/** Append-only: a number, once given, keeps its meaning for ever (native protocol, peers, logs). */
export const ERROR_CODES = {
  // 1xx the border: what arrived cannot be understood
  frame_malformed: 100,
  frame_too_large: 101,
  version_unsupported: 102,
  message_unknown: 103,
  rate_limited: 104,
  // 2xx the local machine
  host_missing: 200,
  host_too_old: 201,
  netd_unreachable: 202,
  netd_refused: 203,
  wireguard_unavailable: 204,
  runtime_not_tmpfs: 205,
  tunnel_lost: 206,
  port_busy: 207,
  network_away: 208,
  // 3xx rendezvous and traversal
  relay_unreachable: 300,
  node_not_found: 301,
  node_offline: 302,
  no_path: 303,
  stun_unreachable: 304,
  offer_untrue: 305,
  turn_unreachable: 306,
  turn_refused: 307,
  turn_full: 308,
  node_blocked: 309,
  // 4xx identity and handshake
  did_unresolvable: 400,
  did_deactivated: 401,
  delegate_expired: 402,
  delegate_unknown: 403,
  signature_invalid: 404,
  handshake_replayed: 405,
  handshake_stale: 406,
  handshake_downgraded: 407,
  handshake_wrong_peer: 408,
  handshake_terms_changed: 409,
  handshake_tampered: 410,
  provider_full: 411,
  // 5xx money
  ledger_unreachable: 500,
  channel_missing: 501,
  channel_unfunded: 502,
  channel_closing: 503,
  channel_grace_short: 504,
  funds_insufficient: 505,
  proof_invalid: 506,
  proof_too_low: 507,
  transaction_failed: 508,
  payment_stopped: 509,
  metering_disputed: 510,
  close_unconfirmed: 511,
  // 6xx wallet
  password_wrong: 600,
  seed_invalid: 601,
  wallet_locked: 602,
  wallet_missing: 603,
  address_invalid: 604,
  wallet_in_use: 605,
  // 7xx proxy
  target_forbidden: 700,
  name_unresolvable: 701,
  target_unreachable: 702,
  proxy_auth_required: 703,
  proxy_conflict: 704,
  rule_unusable: 705,
  // 9xx
  internal: 900,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export class WarrenError extends Error implements WarrenErrorData {
  readonly code: ErrorCode;
  readonly action: string;

  constructor(code: ErrorCode, message: string, action: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'WarrenError';
    this.code = code;
    this.action = action;
  }

  get number(): number {
    return ERROR_CODES[this.code];
  }

  /** The plain data that crosses a process border; the cause stays here, it may name addresses. */
  data(): WarrenErrorData {
    return { code: this.code, message: this.message, action: this.action };
  }
}

/** Turns whatever was thrown into a WarrenError without ever losing the original. */
export function asWarrenError(thrown: unknown): WarrenError {
  if (thrown instanceof WarrenError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new WarrenError('internal', message, 'Try again; if it stays, copy the report from Diagnostics.', {
    cause: thrown,
  });
}
