/**
 * What can go wrong while installing: a code for scripts, a sentence that says what happened, and one
 * that says what to do. Apart from shared/base/errors.ts, since none of it ever crosses a protocol.
 */
export type InstallErrorCode =
  | 'usage'
  | 'not_root'
  | 'extension_id_invalid'
  | 'network_unreadable'
  | 'network_missing'
  | 'user_unknown'
  | 'record_unreadable'
  | 'command_failed'
  | 'netd_does_not_start';

export class InstallError extends Error {
  readonly code: InstallErrorCode;
  /** What the reader can do about it, as an imperative sentence. */
  readonly action: string;

  constructor(code: InstallErrorCode, message: string, action: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'InstallError';
    this.code = code;
    this.action = action;
  }
}
