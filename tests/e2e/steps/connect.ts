/** Step 4: one click; a channel per provider, the handshake, the punch, WireGuard on the STUN port. */
import { formatEther, type Hex, hexToNumber } from 'viem';
import { SERVERS } from '../../lab/servers.ts';
import type { Story } from '../story.ts';
import { seconds } from '../timeline.ts';
import { approveUntil, by, view } from '../ui.ts';
import { until } from '../wait.ts';

/** pcap filters on UDP payload: the STUN magic cookie, and WireGuard's message types 1–4. */
const IS_STUN = 'udp[12:4] = 0x2112a442';
const IS_WIREGUARD =
  '(udp[8:4] >= 0x01000000 and udp[8:4] <= 0x04000000 and udp[9] = 0 and udp[10] = 0 and udp[11] = 0)';

export async function connect(story: Story): Promise<void> {
  const { scene, told, popup, capture, shot } = story;
  const own = story.wallet?.address ?? '0x';
  await popup.bringToFront();
  const clicked = performance.now();
  await by(popup, 'connectSwitch').click();
  await by(popup, 'approval').first().waitFor({ timeout: 20_000 });
  await shot('approval', popup);
  const approved = await approveUntil(popup, 'protected');
  told.note(`click → protected: ${seconds(performance.now() - clicked)}, approval screens included`);
  for (const { kind, total, shownMs, approvedMs } of approved) {
    told.note(`${kind} ${formatEther(total)} tMYST: asked at ${seconds(shownMs)}, approved at ${seconds(approvedMs)}`);
  }
  await shot('popup-protected', popup);
  told.claim(
    'one approval screen for each provider, each opening a channel',
    approved.length === 2 && approved.every(({ kind }) => kind === 'open'),
    approved.map(({ kind, total }) => `${kind} ${formatEther(total)} tMYST`).join(', '),
  );
  const nonce = hexToNumber((await scene.lab.rpc('eth_getTransactionCount', [own, 'latest'])) as Hex);
  told.claim('one transaction for each channel (permit and deposit in one)', nonce === 2, `${nonce} transactions`);

  await until('both exits up', async () => {
    const { exits: now } = await view(popup);
    return now.length > 0 && now.every((exit) => exit.phase === 'up');
  });
  // On a slow machine a relay carries first; whether the direct way then came is claimed below.
  const direct = async () => (await view(popup)).exits.every((exit) => exit.path?.kind === 'direct');
  await until('both paths are direct', direct, 20_000).catch(() => undefined);
  const { exits, host } = await view(popup);
  told.claim(
    'two exits are up, in DE and in JP',
    exits
      .map((exit) => exit.node?.country)
      .sort()
      .join() === 'DE,JP',
    `${host.facts?.backend ?? 'no backend'}, client NAT: ${host.facts?.nat?.mapping}, filtering ${host.facts?.nat?.filtering}`,
  );
  for (const exit of exits) {
    const country = exit.node?.country ?? '?';
    told.note(`${country}: ${exit.steps.map(({ name, ms }) => `${name} ${ms} ms`).join(', ')}`);
    told.claim(
      `${country}: the path is direct, through both NATs`,
      exit.path?.kind === 'direct',
      `${exit.path?.remote}, ${exit.path?.rttMs} ms, ${exit.suite ?? ''}`,
    );
  }
  for (const { country, home } of Object.values(scene.providers)) {
    const ports = async (to: string, kind: string) =>
      sourcePorts(await capture.matching(`udp and dst host ${to} and ${kind}`));
    const { carried, same } = await until(`${country}: WireGuard is on the wire`, async () => {
      const [punched, asked] = [await ports(home.wan, IS_STUN), await ports(SERVERS.helper[0], IS_STUN)];
      const seen = [...(await ports(home.wan, IS_WIREGUARD))];
      return seen.length > 0 && { carried: seen, same: seen.every((port) => punched.has(port) && asked.has(port)) };
    });
    told.claim(
      `${country}: WireGuard leaves from the very port that asked the helper and punched`,
      same,
      `port ${carried.join(', ')}`,
    );
  }
}

/** The source ports of tcpdump's lines `… IP 192.168.1.2.40000 > 84.130.44.21.51820: …`. */
function sourcePorts(lines: readonly string[]): Set<number> {
  return new Set(lines.map((line) => Number(/ IP [\d.]+\.(\d+) > /.exec(line)?.[1] ?? 0)));
}
