import type { View } from '../../messages.ts';

/** What a drawing of this view says and other windows can change. The rest of it may be old for the moment it is seen. */
export function drawnOf({ routes, wallet }: View): string {
  return JSON.stringify([routes.defaultExit, wallet.exists]);
}
