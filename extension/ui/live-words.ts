/** A connection in plain words. */
import type { ExitView } from '../messages.ts';
import { duration, millis } from './format.ts';
import { type Key, t } from './i18n.ts';

export const PHASE_WORDS = {
  discovering: 'phaseDiscovering',
  funding: 'phaseFunding',
  shaking: 'phaseShaking',
  traversing: 'phaseTraversing',
  tunnelling: 'phaseTunnelling',
  up: 'phaseUp',
  gated: 'phaseGated',
  closing: 'phaseClosing',
  closed: 'phaseClosed',
  failed: 'phaseFailed',
} as const satisfies Record<ExitView['phase'], Key>;

const PATHS = { direct: 'livePathDirect', lan: 'livePathLan', relay: 'livePathRelay' } as const;

export function pathText({ phase, path }: ExitView): string {
  if (!path || phase !== 'up') return t(PHASE_WORDS[phase]);
  return path.rttMs === null ? t(PATHS[path.kind]) : `${t(PATHS[path.kind])} ${t('liveRtt', millis(path.rttMs))}`;
}

/** The hybrid suites name both halves; only ML-KEM holds against a quantum computer. */
export function keysText(suite: string): string {
  return t(/ML-?KEM/i.test(suite) ? 'liveKeysHybrid' : 'liveKeys');
}

export function hidingText({ count, lastAt }: NonNullable<ExitView['rotation']>, now: number): string {
  if (count === 0 || lastAt === null) return t('livePortNever');
  const ago = duration(now - lastAt);
  return count === 1 ? t('livePortOnce', ago) : t('livePortOften', count, ago);
}
