/** Opens the full page at a route and lets the popup go. */
import { browser } from '../browser.ts';

export function openPage(route: 'live' | 'rules' | 'setup' | 'welcome' | 'nodes' | 'wallet' | 'diagnostics'): void {
  const url = browser.runtime.getURL(`ui/page/index.html#/${route}`);
  // Closing fails only where a popup is looked at as a tab.
  void browser.tabs.create({ url }).then(() => window.close());
}
