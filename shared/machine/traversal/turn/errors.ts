/** What a TURN server's refusal means to a person (RFC 8656 §19). */
import type { WarrenErrorData } from '../../../base/errors.ts';

const QUOTA_REACHED = 486;
const INSUFFICIENT_CAPACITY = 508;
const CREDENTIALS = new Set([401, 403, 441]);

export const FORGOTTEN = 437;

export function turnError(code: number): WarrenErrorData {
  if (code === QUOTA_REACHED || code === INSUFFICIENT_CAPACITY) {
    return {
      code: 'turn_full',
      message: 'The relay for difficult networks has no room for another connection.',
      action: 'Try again in a minute, or choose a node that your network reaches directly.',
    };
  }
  if (CREDENTIALS.has(code)) return refused();
  return {
    code: 'turn_refused',
    message: `The relay for difficult networks answered with error ${code}.`,
    action: 'Try again; if it stays, tell whoever runs this network.',
  };
}

export function refused(): WarrenErrorData {
  return {
    code: 'turn_refused',
    message: 'The relay for difficult networks did not accept the pass that the helper gave out.',
    action: "Check this machine's clock; if it is right, tell whoever runs this network.",
  };
}

export function silent(): WarrenErrorData {
  return {
    code: 'turn_unreachable',
    message: 'The relay for difficult networks did not answer.',
    action: 'Check the internet connection; Warren goes on trying.',
  };
}

export function forgotten(): WarrenErrorData {
  return {
    code: 'turn_unreachable',
    message: 'The relay for difficult networks has forgotten this connection.',
    action: 'Wait: Warren asks it for a new one.',
  };
}
