/** The session's steps but the changes of port (rotation.ts). */
import { find } from '../../../native-host/netd/commands.ts';
import type { Timeline } from '../../e2e/timeline.ts';
import { CLIENT_TUNNEL, CLIENT4, run, until, WEB4, WEB6 } from '../../net/netd-lab.ts';
import { ENDS, type Session } from './session.ts';

const ROAMED4 = '90.0.0.3';

/** Whatever the other steps hold, it was the kernel's WireGuard that they held it against. */
export async function backEnd(told: Timeline, session: Session): Promise<void> {
  told.claim('no wireguard-go is there to fall back to', find('wireguard-go') === null);
  for (const end of ENDS) {
    const { log } = session.netd[end];
    told.claim(`the ${end}’s netd says so, and that it splices`, log.includes('ready: kernel, splice'), log.trim());
    const { backend, splice } = await session.device(end).ask({ verb: 'hello', version: 1 });
    told.claim(`the ${end}’s netd tells whoever asks`, backend === 'kernel' && splice);
    const shown = await session.space(end).must('ip', '-json', '-details', 'link', 'show', 'dev', session.link(end));
    const kind = JSON.parse(shown)[0].linkinfo.info_kind;
    told.claim(`the ${end}’s end is a link of the kernel`, kind === 'wireguard', kind);
  }
  told.claim('the module is loaded', /^wireguard /m.test((await run('cat', ['/proc/modules'])).stdout));
  told.claim('no process carries the tunnel', (await run('pgrep', ['-f', 'wireguard-go'])).stdout === '');
}

export async function routes(told: Timeline, session: Session): Promise<void> {
  for (const [address, remote] of [
    [CLIENT_TUNNEL.address4, WEB4],
    [CLIENT_TUNNEL.address6, WEB6],
  ] as const) {
    const way = (...more: readonly string[]) => session.lab.client.must('ip', 'route', 'get', remote, ...more);
    const tunnelled = await way('from', address);
    told.claim(`${remote} from the tunnel’s address: through it`, tunnelled.includes(`dev ${session.link('client')}`));
    told.claim(`${remote} from any other: as before`, (await way()).includes('dev wan'));
  }
}

export async function gated(told: Timeline, session: Session): Promise<void> {
  const tunnel = session.link('provider');
  await session.device('provider').ask({ verb: 'egress', tunnel, forbid: [], blockedTcpPorts: [25] });
  const reached = async (): Promise<string> =>
    (await Promise.all([WEB4, WEB6].map((web) => session.reach(web)))).join();
  const shut = async (): Promise<boolean> => !(await reached()).includes('ok');
  told.claim('a closed gate forwards nothing', await shut());
  await session.gate(true);
  await until('an open one lets through', async () => (await reached()) === 'ok,ok');
  told.claim('an open one forwards IPv4 and IPv6', true);
  await session.gate(false);
  told.claim('closed again, nothing', await shut());
  await session.gate(true);
  await until('what one sent, the other received', async () => {
    const [client, provider] = [await session.peerOf('client'), await session.peerOf('provider')];
    return client.txBytes === provider.rxBytes && provider.txBytes === client.rxBytes && client.rxBytes > 0;
  });
  told.claim('both ends count the same', true);
}

export async function roamed(told: Timeline, session: Session): Promise<void> {
  const { client } = session.lab;
  await client.must('ip', 'address', 'del', `${CLIENT4}/24`, 'dev', 'wan');
  await client.must('ip', 'address', 'add', `${ROAMED4}/24`, 'dev', 'wan');
  await client.must('ip', 'route', 'replace', 'default', 'via', '90.0.0.1');
  // As the host does once a path from the new address is there.
  await session.pointClient();
  await until('traffic flows again', async () => (await session.reach(WEB4)) === 'ok', 10_000);
  const endpoint = (await session.peerOf('provider')).endpoint?.address;
  told.claim('a client whose address changes is followed, and its traffic flows', endpoint === ROAMED4, endpoint);
}
