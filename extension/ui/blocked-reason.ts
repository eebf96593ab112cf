/** Why a page is blocked now, from the background's picture. Pure; the words are the page's. */
import type { WarrenErrorData } from '../../shared/base/errors.ts';
import type { BlockedView, View } from '../messages.ts';

export type BlockedReason =
  /** Protection was switched off since: nothing of ours is in the way. */
  | { readonly kind: 'over' }
  | { readonly kind: 'settings' }
  /** The user's own rule, or their last line. */
  | { readonly kind: 'rule'; readonly text: string | null }
  | { readonly kind: 'trouble' }
  | { readonly kind: 'direct' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'approval' }
  | { readonly kind: 'unlock' }
  | { readonly kind: 'exit'; readonly error: WarrenErrorData | null }
  /** More exits than fit. */
  | { readonly kind: 'noExit' }
  | { readonly kind: 'up' };

export function blockedReason(view: View, page: BlockedView): BlockedReason {
  const { protection, host } = view;
  const { decision, exitId } = page;
  if (protection.state === 'off' && protection.why === 'asked') return { kind: 'over' };
  if (view.settingsBroken) return { kind: 'settings' };
  if (decision.action.kind === 'block') return { kind: 'rule', text: decision.rule?.match.text ?? null };
  if (decision.action.kind === 'direct') return { kind: 'direct' };
  if (protection.state === 'off' || ['missing', 'tooOld', 'tooNew', 'broken'].includes(host.status))
    return { kind: 'trouble' };
  if (exitId === null) return { kind: 'noExit' };
  const exit = view.exits.find((known) => known.exitId === exitId);
  if (exit?.state === 'protected') return { kind: 'up' };
  if (view.unlockNeeded) return { kind: 'unlock' };
  if (view.approvals.length > 0) return { kind: 'approval' };
  return exit === undefined || exit.state === 'connecting'
    ? { kind: 'connecting' }
    : { kind: 'exit', error: exit.error as WarrenErrorData | null };
}

/** The page would load now: its exit is up, or it needs none. */
export function loads(reason: BlockedReason): boolean {
  return reason.kind === 'up' || reason.kind === 'direct';
}
