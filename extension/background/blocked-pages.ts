/**
 * Which tabs show our page in place of one that is blocked. Only these may ask for a pass, and only for what was
 * blocked in them: a web page can send a tab to an address, but not press a button of ours. In memory only.
 */
import * as v from 'valibot';
import { load, type StorageArea } from './store.ts';

const KEY = 'blocked';
const MAX_TABS = 50;
const MAX_URL = 8_192;

const PageSchema = v.object({
  tab: v.pipe(v.number(), v.integer()),
  url: v.pipe(v.string(), v.maxLength(MAX_URL), v.url()),
  /** The exit was up when the page failed: its coming up is no reason to try again. */
  up: v.boolean(),
});
export type BlockedPage = v.InferOutput<typeof PageSchema>;

export class BlockedPages {
  private pages: readonly BlockedPage[] = [];
  private readonly session: StorageArea;

  constructor(session: StorageArea) {
    this.session = session;
  }

  async load(): Promise<void> {
    const loaded = await load(this.session, KEY, v.array(PageSchema));
    if (loaded.state === 'ok') this.pages = loaded.value;
  }

  of(tab: number | null): BlockedPage | null {
    return this.pages.find((page) => page.tab === tab) ?? null;
  }

  /** False: an address too long to be kept; the browser's own error page has to do. */
  async note(page: BlockedPage): Promise<boolean> {
    if (!v.is(PageSchema, page)) return false;
    await this.keep([page, ...this.pages.filter(({ tab }) => tab !== page.tab)].slice(0, MAX_TABS));
    return true;
  }

  async forget(tab: number): Promise<void> {
    if (this.of(tab)) await this.keep(this.pages.filter((page) => page.tab !== tab));
  }

  private async keep(pages: readonly BlockedPage[]): Promise<void> {
    this.pages = pages;
    await this.session.set({ [KEY]: pages });
  }
}
