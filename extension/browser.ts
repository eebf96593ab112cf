/**
 * The one door to the browser's APIs. Nothing else in the extension names `chrome` or imports the
 * polyfill, so what Warren asks of a browser can be read in one place.
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

export async function setPac(text: string): Promise<void> {
  await chrome.proxy.settings.set({
    value: { mode: 'pac_script', pacScript: { data: text, mandatory: true } },
    scope: 'regular',
  });
}

/** A translated text; `substitutions` replace $1, $2 … */
export function message(key: string, ...substitutions: string[]): string {
  return browser.i18n.getMessage(key, substitutions);
}
