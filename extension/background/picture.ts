/**
 * The last view of a time without protection, kept in memory (`storage.session`): what a window shows while the
 * background still wakes. Only "not protected" is kept: by the time it is read, nothing more may be true.
 */
import { PICTURE_KEY, type View } from '../messages.ts';
import type { StorageArea } from './store.ts';

/** So often at most is it written anew. */
const AGAIN_MS = 500;

export class Picture {
  private due = false;
  private readonly area: StorageArea;
  private readonly view: () => View;

  constructor(area: StorageArea, view: () => View) {
    this.area = area;
    this.view = view;
  }

  /** Something changed. What must no longer be shown goes at once. */
  async note(): Promise<void> {
    if (this.view().protection.state !== 'off') return this.area.remove(PICTURE_KEY);
    if (this.due) return;
    this.due = true;
    setTimeout(() => {
      this.due = false;
      const view = this.view();
      // A question on the sheet is answered only while it is open.
      if (view.protection.state === 'off') void this.area.set({ [PICTURE_KEY]: { ...view, approvals: [] } });
    }, AGAIN_MS);
  }
}
