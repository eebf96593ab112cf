/** One thing that the host found out about itself, in English and as a code. */
import type { ErrorCode } from '../shared/base/errors.ts';
import type { SaidCode } from '../shared/wire/diagnostics.ts';

export interface Finding {
  readonly ok: boolean;
  readonly text: string;
  /** By which the extension finds its own words for the text. */
  readonly said?: { readonly code: SaidCode | ErrorCode; readonly values: string[] };
}
export interface DiagnosticLine extends Finding {
  /** By which the extension finds its own words for the name. */
  readonly id: string;
  readonly name: string;
}

export function finding(ok: boolean, text: string, code: SaidCode | ErrorCode, ...values: string[]): Finding {
  return { ok, text, said: { code, values } };
}
