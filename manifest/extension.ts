/**
 * The extension's manifest for each browser, and its fixed identities: the native host's manifest and
 * the tests name them. Every permission here has its reason in docs/STORE.md. Holds data only.
 */
import type { ManifestV3Export } from '@crxjs/vite-plugin';
import pkg from '../package.json' with { type: 'json' };
import { SELF_TEST_HOST } from '../shared/wire/self-test.ts';

export type BrowserTarget = 'chrome' | 'firefox';

/** Follows from EXTENSION_KEY (first 16 bytes of its SHA-256, as letters a–p), so it never changes. */
export const EXTENSION_ID_CHROMIUM = 'gmmocmplnbjkjaecoimioclenjokfgel';
export const GECKO_ID = 'warren@warren.network';

/** Public half (DER, base64) of the key that fixes the id of unpacked and self-hosted builds. */
export const EXTENSION_KEY =
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqUZwFAkHrv6htqRIkNp+xwAZRFkPY/B69l/bBSGwGRSlVmRbtTjj9FVwpOKl2rPDE4w491tF+oumMd5NmCc68grVo+QIsS6RC8+reJOmHTNaSDZdvQo7sib0xYsjudL8P8oUFhAKL/1Z+VM+SFc+ULQOSe1Lm5lOWnFm+MpD+DBB7HaktM4w+vTpY25EpSJT9snVHdlVfLbHT0Xo9MSy1cpY0CUDubbpx7d38mQQhEGIB0T7xqvnNpiulNMtTHah9VbikCYUPve+1YQW7Ax6lJmmMWTe+QhU5JNK+hgSj7dlV6hLnlQDM7Y3T5of1RkpzAZaKoVjNC7xqCZ+fe39CQIDAQAB';

/** Where the two documents of the extension live, relative to its origin. */
export const POPUP_PATH = 'ui/popup/index.html';
export const PAGE_PATH = 'ui/page/index.html';

/** Chromium 122 is the first that raises onAuthRequired for requests of service workers too. */
const MINIMUM_CHROME = '122';
/** 142: the first where `data_collection_permissions` holds on every platform. */
const MINIMUM_FIREFOX = '142.0';

const ICONS = { 16: 'icons/16.png', 32: 'icons/32.png', 48: 'icons/48.png', 128: 'icons/128.png' };
const PERMISSIONS = ['nativeMessaging', 'storage', 'proxy', 'privacy', 'webRequest', 'alarms'];
/** Firefox names a request's container only to extensions that may see cookies' stores. */
const CONTAINERS = ['contextualIdentities', 'cookies'];
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  // The one address that the extension itself asks: its own local proxy, under a name that no resolver knows.
  `connect-src http://${SELF_TEST_HOST}; ` +
  "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function extensionManifest(browser: BrowserTarget): ManifestV3Export {
  const common = {
    manifest_version: 3 as const,
    name: '__MSG_appName__',
    short_name: 'Warren',
    description: '__MSG_appDescription__',
    version: pkg.version,
    default_locale: 'en',
    icons: ICONS,
    action: { default_popup: POPUP_PATH, default_icon: ICONS, default_title: 'Warren' },
    options_ui: { page: PAGE_PATH, open_in_tab: true },
    host_permissions: ['<all_urls>'],
    incognito: 'spanning' as const,
    content_security_policy: { extension_pages: CONTENT_SECURITY_POLICY },
  };
  if (browser === 'chrome') {
    return {
      ...common,
      key: EXTENSION_KEY,
      minimum_chrome_version: MINIMUM_CHROME,
      permissions: [...PERMISSIONS, 'webRequestAuthProvider'],
      background: { service_worker: 'background/index.ts', type: 'module' },
    } as ManifestV3Export;
  }
  return {
    ...common,
    permissions: [...PERMISSIONS, ...CONTAINERS, 'webRequestBlocking'],
    background: { scripts: ['background/index.ts'], type: 'module' },
    browser_specific_settings: {
      gecko: {
        id: GECKO_ID,
        strict_min_version: MINIMUM_FIREFOX,
        data_collection_permissions: { required: ['browsingActivity', 'financialAndPaymentInfo'] },
      },
    },
  } as unknown as ManifestV3Export;
}
