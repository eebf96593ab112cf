/** Browser-wide switches that hold while protection is on: no UDP beside the proxy, no prediction, no prefetch. */
import { browser } from './browser.ts';

/** `proxy_only` is Firefox's still stricter one. */
const NO_UDP: readonly unknown[] = ['disable_non_proxied_udp', 'proxy_only'];

export async function setPrivacy(): Promise<void> {
  await browser.privacy.network.webRTCIPHandlingPolicy.set({ value: 'disable_non_proxied_udp' });
  await browser.privacy.network.networkPredictionEnabled.set({ value: false });
}

export async function clearPrivacy(): Promise<void> {
  await browser.privacy.network.webRTCIPHandlingPolicy.clear({});
  await browser.privacy.network.networkPredictionEnabled.clear({});
}

/** What holds in the end, whoever set it: `set` succeeds also where another extension has the last word. */
export async function privacyHolds(): Promise<boolean> {
  const [closed, prediction] = await Promise.all([
    udpCloses(),
    browser.privacy.network.networkPredictionEnabled.get({}),
  ]);
  return closed && prediction.value === false;
}

/** Whether WebRTC of web pages may send nothing but through the proxy. */
export async function udpCloses(): Promise<boolean> {
  const { value } = await browser.privacy.network.webRTCIPHandlingPolicy.get({});
  return NO_UDP.includes(value);
}

/** Must be called at top level. */
export function onPrivacyChange(changed: () => void): void {
  browser.privacy.network.webRTCIPHandlingPolicy.onChange.addListener(changed);
  browser.privacy.network.networkPredictionEnabled.onChange.addListener(changed);
}
