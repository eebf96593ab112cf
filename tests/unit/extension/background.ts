/** A whole background on a clock in the test's hand, with the host's end of its line. */
import { runCommand } from '../../../extension/background/commands.ts';
import { Core } from '../../../extension/background/core.ts';
import type { StorageArea } from '../../../extension/background/store.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { FakeControl, FakePort, storage, WELCOME } from './fake-browser.ts';

export const PASSWORD = 'correct horse';

export async function background(
  local: StorageArea = storage(),
  session: StorageArea = storage(),
  control = new FakeControl(),
) {
  const clock = createFakeClock();
  const ports: FakePort[] = [];
  const core = new Core({
    platform: 'chromium',
    version: '0.1.0',
    local,
    session,
    timers: clock,
    control,
    connectNative: () => {
      const port = new FakePort();
      ports.push(port);
      return port;
    },
    selfTest: async () => {
      throw new Error('nobody answers');
    },
    onChange: () => {},
  });
  await core.ready;
  const host = () => ports.at(-1) as FakePort;
  const welcomed = () => {
    host().say(WELCOME);
    return host();
  };
  return { clock, ports, core, control, local, session, host, welcomed };
}

export async function withWallet() {
  const all = await background();
  await runCommand({ name: 'wallet.create', password: PASSWORD }, all.core);
  return all;
}
