/** The profile of a Firefox under test: the extension at a known address, and nothing that speaks to the net by itself. */
import { GECKO_ID } from '../../../manifest/extension.ts';

const UUID = 'd0a1b2c3-1111-4222-8333-444455556666';
export const EXTENSION_ORIGIN = `moz-extension://${UUID}`;

type Preference = string | number | boolean;

const QUIET: Readonly<Record<string, Preference>> = {
  'app.normandy.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.newtabpage.activity-stream.feeds.system.topstories': false,
  'browser.region.network.url': '',
  'browser.safebrowsing.provider.google5.updateURL': '',
  'browser.safebrowsing.provider.mozilla.updateURL': '',
  'browser.safebrowsing.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  // Processes made in advance for pages that no test opens.
  'dom.ipc.processPrelaunch.enabled': false,
  'extensions.getAddons.cache.enabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

/** The text of user.js. */
export function preferences(more: Readonly<Record<string, Preference>> = {}): string {
  const all = { 'extensions.webextensions.uuids': JSON.stringify({ [GECKO_ID]: UUID }), ...QUIET, ...more };
  return Object.entries(all)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join('');
}
