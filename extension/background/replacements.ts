/**
 * What a tab is told to show instead of the browser's own error page. Firefox reports a failed request while that
 * page is still on its way, and now and then it is the later of the two: the tab is told again then.
 */
const MAX_TRIES = 3;

interface Told {
  /** Address that did not load, without its fragment. */
  readonly failed: string;
  tell(): Promise<unknown>;
  tries: number;
}

export class Replacements {
  private readonly told = new Map<number, Told>();

  async tell(tab: number, failed: string, tell: Told['tell']): Promise<void> {
    this.told.set(tab, { failed, tell, tries: 0 });
    await this.loaded(tab, failed);
  }

  /** @param address what the tab shows now that it has loaded; that of the failed page: the browser's error. */
  async loaded(tab: number, address: string): Promise<void> {
    const told = this.told.get(tab);
    if (!told || address !== told.failed || told.tries >= MAX_TRIES) return;
    told.tries++;
    // The tab may be gone.
    await told.tell().catch(() => {});
  }

  /** It asks for another page, or is closed. */
  forget(tab: number): void {
    this.told.delete(tab);
  }
}
