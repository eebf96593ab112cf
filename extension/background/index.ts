/**
 * Entry of the background. Every listener is registered here, at top level and at once: a browser that
 * wakes a sleeping background delivers the event only to listeners that are there by then.
 */
import { NATIVE_HOST_NAME } from '../../shared/wire/native.ts';
import { browser, FIREFOX, onProxyAuth } from '../browser.ts';
import { onPrivacyChange } from '../privacy.ts';
import { chromiumProxy } from './chromium-proxy.ts';
import { Core } from './core.ts';
import { firefoxProxy, listenFirefox } from './firefox-proxy.ts';
import type { NativePort } from './native-link.ts';
import { Picture } from './picture.ts';
import { ProxyAuth } from './proxy-auth.ts';
import { fetchSelfTest } from './self-test.ts';
import { Tabs } from './tabs.ts';
import { Windows } from './windows.ts';

const ALARM = 'tick';
const firefox = FIREFOX ? firefoxProxy() : null;

const core: Core = new Core({
  platform: FIREFOX ? 'firefox' : 'chromium',
  version: browser.runtime.getManifest().version,
  local: browser.storage.local,
  session: browser.storage.session,
  control: firefox ?? chromiumProxy(),
  timers: {
    now: () => Date.now(),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  },
  connectNative,
  selfTest: fetchSelfTest,
  onChange: () => {
    windows.push();
    void picture.note();
    void tabs.follow();
  },
});
const picture = new Picture(browser.storage.session, () => core.view());
const windows = new Windows(core);
const tabs = new Tabs(core);
const auth = new ProxyAuth();

windows.listen();
tabs.listen();

if (firefox) {
  listenFirefox({
    ready: core.ready,
    wanted: () => core.desired.wanted,
    desired: () => core.desired,
    left: (asAnswered) => {
      if (firefox.note(asAnswered)) void core.applier.check(core.settings.current.protection);
    },
  });
} else {
  onProxyAuth(async (request) => {
    await core.ready;
    return auth.answer(request, core.desired.wanted, core.desired.exits);
  });
}

const check = () => void core.ready.then(() => core.applier.check(core.settings.current.protection));
browser.proxy.settings.onChange.addListener(check);
onPrivacyChange(check);

// Wakes the background to lock the wallet in time, and to try a lost host again.
browser.alarms.onAlarm.addListener(() => {
  void core.ready.then(async () => {
    await core.wallet.lockIfDue();
    await core.expireRules();
    core.link.retry();
    windows.push();
  });
});
void browser.alarms.get(ALARM).then((alarm) => {
  if (!alarm) void browser.alarms.create(ALARM, { periodInMinutes: 1 });
});
// Firefox holds its first requests until we run; Chromium does not.
if (!FIREFOX) browser.runtime.onStartup.addListener(() => void tabs.browserStarted());
browser.runtime.onInstalled.addListener(({ reason }) => {
  if (reason === 'install') void core.ready.then(openSetup);
});

async function openSetup(): Promise<void> {
  if (!core.wallet.exists) await browser.tabs.create({ url: browser.runtime.getURL('ui/page/index.html#/welcome') });
}

function connectNative(): NativePort {
  const port = browser.runtime.connectNative(NATIVE_HOST_NAME);
  return {
    postMessage: (message) => port.postMessage(message),
    disconnect: () => port.disconnect(),
    onMessage: (handler) => port.onMessage.addListener(handler),
    onDisconnect: (handler) =>
      port.onDisconnect.addListener(() => {
        // Read, so that Chromium does not log it as unchecked; classified by the handshake alone.
        void browser.runtime.lastError;
        handler();
      }),
  };
}
