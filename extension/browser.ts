/**
 * The one door to the browser's APIs. Nothing else in the extension names `chrome` or imports the
 * polyfill, so what Warren asks of a browser can be read in one place; but for `ui/early.ts` and
 * `ui/line.ts`, which can wait for nothing.
 */
import browser from 'webextension-polyfill';

declare const __FIREFOX__: boolean;

/** Fixed at build time: the two browsers take routes in different ways. */
export const FIREFOX: boolean = __FIREFOX__;

export { browser };

export interface AuthRequest {
  readonly requestId: string;
  readonly isProxy: boolean;
  readonly challenger: { readonly host: string; readonly port: number };
}
export type AuthAnswer =
  | { readonly cancel: true }
  | { readonly authCredentials: { username: string; password: string } };

/** Chromium's `asyncBlocking`, which the polyfill does not know. Must be called at top level. */
export function onProxyAuth(answer: (request: AuthRequest) => Promise<AuthAnswer | null>): void {
  chrome.webRequest.onAuthRequired.addListener(
    (details, reply) => {
      answer(details)
        .then((result) => reply?.(result ?? {}))
        .catch(() => reply?.({ cancel: true }));
      return undefined;
    },
    { urls: ['<all_urls>'] },
    ['asyncBlocking'],
  );
}

type ProxyScope = 'regular' | 'incognito_persistent';

export async function setPac(text: string, scope: ProxyScope): Promise<void> {
  await chrome.proxy.settings.set({ value: { mode: 'pac_script', pacScript: { data: text, mandatory: true } }, scope });
}

/** The script by which the browser goes; null where it is not ours, or might be passed over. */
export async function pacInForce(incognito: boolean): Promise<string | null> {
  const { levelOfControl, value } = await chrome.proxy.settings.get({ incognito });
  const { mode, pacScript } = value as chrome.proxy.ProxyConfig;
  if (levelOfControl !== 'controlled_by_this_extension' || mode !== 'pac_script') return null;
  return pacScript?.mandatory === true ? (pacScript.data ?? null) : null;
}

export async function clearPac(scope: ProxyScope): Promise<void> {
  await chrome.proxy.settings.clear({ scope });
}

/** Whether the user lets the extension work in private windows. */
export async function allowedInPrivate(): Promise<boolean> {
  return (await browser.extension?.isAllowedIncognitoAccess?.()) === true;
}

/** A translated text; `substitutions` replace $1, $2 … */
export function message(key: string, ...substitutions: string[]): string {
  return browser.i18n.getMessage(key, substitutions);
}

export interface Container {
  /** `cookieStoreId`. */
  readonly id: string;
  readonly name: string;
}

/** Firefox's containers; none in a browser without them. */
export async function containers(): Promise<readonly Container[]> {
  if (!FIREFOX || !browser.contextualIdentities) return [];
  const all = await browser.contextualIdentities.query({}).catch(() => []);
  return all.map(({ cookieStoreId, name }) => ({ id: cookieStoreId, name }));
}
