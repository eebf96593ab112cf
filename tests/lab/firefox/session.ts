/** A Firefox under our hand: its tabs, its add-ons, and the browser's own insides for making trouble. */
import { until } from '../../e2e/wait.ts';
import type { Bidi } from './bidi.ts';
import { FirefoxPage } from './page.ts';
import { EXTENSION_ORIGIN } from './preferences.ts';

/** What is running after this long is not going to end by itself. */
const CLOSE_MS = 5_000;
const CONTAINERS =
  "ChromeUtils.importESModule('resource://gre/modules/ContextualIdentityService.sys.mjs').ContextualIdentityService";

export interface Install {
  /** A folder (until the browser ends) or an XPI (for good). */
  readonly type: 'path' | 'archivePath';
  readonly path: string;
  /** As a user allows it in about:addons; without it Firefox refuses `proxy.settings`. */
  readonly privateWindows: boolean;
}

interface Tree {
  readonly contexts: readonly { readonly context: string; readonly url: string }[];
}

export class FirefoxSession {
  readonly #bidi: Bidi;

  constructor(bidi: Bidi) {
    this.#bidi = bidi;
  }

  /** Resolves with the add-on's id. */
  async install({ type, path, privateWindows }: Install): Promise<string> {
    const { extension } = await this.#bidi.call<{ extension: string }>('webExtension.install', {
      extensionData: { type, path },
      'moz:permanent': type === 'archivePath',
      'moz:allowPrivateBrowsing': privateWindows,
    });
    return extension;
  }

  async uninstall(extension: string): Promise<void> {
    await this.#bidi.call('webExtension.uninstall', { extension });
  }

  tab(): Promise<FirefoxPage> {
    return this.#create({ type: 'tab' });
  }

  /** A new container, and a tab in it. */
  async containerTab(): Promise<{ readonly cookieStoreId: string; readonly tab: FirefoxPage }> {
    const { userContext } = await this.#bidi.call<{ userContext: string }>('browser.createUserContext');
    const tab = await this.#create({ type: 'tab', userContext });
    const id = await this.inside<number>(`${CONTAINERS}.getPublicIdentities().at(-1).userContextId`);
    return { cookieStoreId: `firefox-container-${id}`, tab };
  }

  /** A tab in a new private window. */
  async privateTab(): Promise<FirefoxPage> {
    const known = new Set((await this.#tree()).map(({ context }) => context));
    await this.inside('void OpenBrowserWindow({ private: true })');
    const opened = await until('a private window', async () =>
      (await this.#tree()).find(({ context, url }) => !known.has(context) && url !== 'about:blank'),
    );
    // Beside its first tab, whose own page lets no driver see a load.
    return this.#create({ type: 'tab', referenceContext: opened.context });
  }

  /** A page of the extension, in a tab. */
  async open(path: string): Promise<FirefoxPage> {
    const page = await this.tab();
    await page.goto(`${EXTENSION_ORIGIN}/${path}`);
    return page;
  }

  /** Evaluates in the browser's own window, with all its rights. */
  async inside<R>(expression: string): Promise<R> {
    const { contexts } = await this.#bidi.call<Tree>('browsingContext.getTree', { 'moz:scope': 'chrome' });
    return new FirefoxPage(this.#bidi, contexts[0]?.context ?? '').run(expression);
  }

  async end(): Promise<void> {
    await this.#bidi.call('browser.close', {}, CLOSE_MS).catch(() => undefined);
    this.#bidi.close();
  }

  async #create(where: object): Promise<FirefoxPage> {
    const { context } = await this.#bidi.call<{ context: string }>('browsingContext.create', where);
    return new FirefoxPage(this.#bidi, context);
  }

  async #tree(): Promise<Tree['contexts']> {
    return (await this.#bidi.call<Tree>('browsingContext.getTree')).contexts;
  }
}
