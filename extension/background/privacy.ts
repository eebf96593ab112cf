/** Browser-wide switches that hold while protection is on: no UDP beside the proxy, no prediction, no prefetch. */
import { browser } from '../browser.ts';

export async function setPrivacy(): Promise<void> {
  await browser.privacy.network.webRTCIPHandlingPolicy.set({ value: 'disable_non_proxied_udp' });
  await browser.privacy.network.networkPredictionEnabled.set({ value: false });
}

export async function clearPrivacy(): Promise<void> {
  await browser.privacy.network.webRTCIPHandlingPolicy.clear({});
  await browser.privacy.network.networkPredictionEnabled.clear({});
}
