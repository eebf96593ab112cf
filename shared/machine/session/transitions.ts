/** Which phase may follow which, as data: the machine asserts it, a test walks it, the drawing is made from it. */
import type { Phase } from './api.ts';

export const TRANSITIONS: Record<Phase, readonly Phase[]> = {
  // `funding` again: the next candidate after a failure. `discovering`: the user wants another node.
  discovering: ['funding', 'failed', 'closed'],
  funding: ['funding', 'shaking', 'discovering', 'failed', 'closed'],
  shaking: ['traversing', 'funding', 'discovering', 'failed', 'closed'],
  traversing: ['tunnelling', 'funding', 'discovering', 'failed', 'closed'],
  tunnelling: ['up', 'funding', 'discovering', 'failed', 'closed'],
  // A tunnel that breaks is looked for again at once, except one that broke as soon as it was up.
  up: ['gated', 'closing', 'discovering', 'failed'],
  gated: ['up', 'closing', 'discovering', 'failed'],
  closing: ['closed', 'discovering'],
  closed: ['discovering'],
  failed: ['discovering', 'closed'],
};

/** Mermaid `stateDiagram-v2` of the table, for docs/protocol/native.md. */
export function drawTransitions(): string {
  const lines = ['stateDiagram-v2', '  [*] --> discovering'];
  for (const [from, targets] of Object.entries(TRANSITIONS))
    for (const to of targets) lines.push(`  ${from} --> ${to}`);
  lines.push('  closed --> [*]');
  return lines.join('\n');
}
