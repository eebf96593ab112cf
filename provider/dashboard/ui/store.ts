/** The line to the node: its status every second, while somebody looks. The key stays in this tab. */
import { signal } from '@preact/signals';
import type { Status } from '../status.ts';

export const status = signal<Status | null>(null);
/** What stands between us and the node; null: nothing. */
export const trouble = signal<'locked' | 'silent' | null>(null);

const KEY = 'warren-dashboard-token';
const EVERY_MS = 1_000;
let timer: ReturnType<typeof setTimeout> | undefined;

/** The link's key comes in its fragment, which no server sees, and goes from the address bar at once. */
export function connect(): void {
  if (location.hash.length > 1) {
    sessionStorage.setItem(KEY, location.hash.slice(1));
    history.replaceState(null, '', '/');
  }
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void look();
  });
  void look();
}

/** @param pasted the key, or the whole link. */
export function unlock(pasted: string): void {
  sessionStorage.setItem(KEY, pasted.trim().replace(/^.*#/, ''));
  void look();
}

async function look(): Promise<void> {
  clearTimeout(timer);
  if (!document.hidden) await ask();
  timer = setTimeout(() => void look(), EVERY_MS);
}

async function ask(): Promise<void> {
  try {
    const authorization = `Bearer ${sessionStorage.getItem(KEY) ?? ''}`;
    const answer = await fetch('/api/status', { headers: { authorization } });
    if (answer.status === 401) {
      status.value = null;
      trouble.value = 'locked';
      return;
    }
    status.value = (await answer.json()) as Status;
    trouble.value = null;
  } catch {
    trouble.value = 'silent';
  }
}
