/** Whatever the other files of this suite hold, it was the kernel's WireGuard that they held it against. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { find } from '../../native-host/netd/commands.ts';
import { BACK_END } from '../net/back-end.ts';
import { join, type Netd, NetdLab, run } from '../net/netd-lab.ts';

const lab = new NetdLab();
let client: Netd;
let provider: Netd;

beforeAll(async () => {
  await lab.up();
  client = await lab.netd(lab.client, 'client');
  provider = await lab.netd(lab.provider, 'provider');
});
afterAll(() => lab.down());

test('netd takes the kernel, whose module is there; wireguard-go is not', async () => {
  expect(BACK_END).toBe('kernel');
  expect(find('wireguard-go')).toBeNull();
  expect(client.log).toContain('ready: kernel, splice');
  const device = await client.connect();
  expect(await device.ask({ verb: 'hello', version: 1 })).toMatchObject({ backend: 'kernel', splice: true });
  expect((await run('cat', ['/proc/modules'])).stdout).toMatch(/^wireguard /m);
  await device.close();
});

test('both ends of a tunnel are links of the kernel, and no process carries them', async () => {
  const pair = await join(await client.connect(), await provider.connect());
  for (const [space, link] of [
    [lab.client, pair.clientTunnel],
    [lab.provider, pair.providerTunnel],
  ] as const) {
    const [shown] = JSON.parse(await space.must('ip', '-json', '-details', 'link', 'show', 'dev', link));
    expect(shown.linkinfo.info_kind).toBe('wireguard');
  }
  expect((await run('pgrep', ['-f', 'wireguard-go'])).stdout).toBe('');
  await pair.client.close();
  await pair.provider.close();
});
