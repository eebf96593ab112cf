/** The provider's end: provider/endpoint.ts as the daemon opens it, with the checks of one client. */

import { type Endpoint, openEndpoint } from '../../provider/endpoint.ts';
import { createLog } from '../../provider/log.ts';
import { type ClientLane, createProviderRelay, type ProviderRelay } from '../../provider/relay.ts';
import { utf8 } from '../../shared/base/bytes.ts';
import type { Driven } from '../../shared/machine/drive.ts';
import type { ChecksInput } from '../../shared/machine/traversal/api.ts';
import { createClock } from '../../shared/node/clock.ts';
import { nodeCrypto } from '../../shared/node/crypto.ts';
import { createDatagrams, hostAddresses } from '../../shared/node/datagrams.ts';
import { openRouterLine } from '../../shared/node/port-mapping/router.ts';
import { resolveStunServers } from '../../shared/node/stun-servers.ts';
import { turnAccess } from '../../shared/node/turn/access.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { credentialsOf } from './credentials.ts';
import { type End, echo, tapped } from './end.ts';
import type { Said } from './protocol.ts';

export async function openProviderEnd(profile: NetworkProfile, say: (said: Said) => void): Promise<End> {
  const clock = createClock();
  const openDatagrams = async () =>
    tapped(await createDatagrams(), (packet, from, via) => echo(packet, (answer) => via.send(answer, from)));
  const datagrams = await openDatagrams();
  const openLoopback = () => createDatagrams({ address: '127.0.0.1' });
  // Stands where WireGuard would, for what a relay hands over on loopback.
  const wireGuard = tapped(await openLoopback(), (packet, from, via) =>
    echo(packet, (answer) => via.send(answer, from)),
  );
  let relay: ProviderRelay | null = null;
  const endpoint: Endpoint = openEndpoint({
    datagrams,
    openDatagrams,
    openRouterLine,
    clock,
    servers: await resolveStunServers(profile.stun),
    hosts: hostAddresses,
    onGathered: ({ nat }) => {
      relay?.look(nat?.translated !== null);
      tell();
    },
  });
  /** As a node that has been up for a while: with its relay, where it needs one. */
  const tell = () => {
    const { nat, candidates } = endpoint;
    const reachable = nat?.translated !== null || candidates.some(({ type }) => type === 'relay');
    if (nat && reachable) say({ say: 'gathered', candidates, nat });
  };
  relay = createProviderRelay({
    turn: turnAccess(profile.turn),
    clock,
    random: nodeCrypto.randomBytes,
    openLoopback,
    bases: endpoint.bases,
    receive: endpoint.receive,
    log: createLog('silent'),
  });
  relay.joins(wireGuard.local.port);
  const forget = endpoint.bases.onChange(tell);
  const { local, remote } = credentialsOf('provider');
  const credentials = {
    localFragment: local.fragment,
    remoteFragment: remote.fragment,
    localPassword: utf8(local.password),
    remotePassword: utf8(remote.password),
  };
  let checks: Driven<ChecksInput> | null = null;
  let lane: ClientLane | null = null;
  let knownAt = 0;
  return {
    check(candidates) {
      knownAt = clock.now();
      const ours = relay.client(candidates);
      lane = ours;
      checks = endpoint.check(
        { credentials, remote: candidates },
        (output) => {
          if (output.type === 'nominated') {
            ours.follow(output.pair);
            say({ say: 'nominated', kind: output.kind, ms: clock.now() - knownAt });
            const { address, port } = output.pair.remote;
            say({ say: 'moved', remote: { address, port } });
          }
          if (output.type === 'failed') say({ say: 'failed', code: output.error.code, message: output.error.message });
        },
        () => {},
      );
      checks.feed({ type: 'start' });
    },
    roamed(candidates) {
      lane?.permit(candidates);
      checks?.feed({ type: 'candidates', side: 'remote', candidates, all: true });
      checks?.feed({ type: 'doubt' });
    },
    async close() {
      forget();
      checks?.stop();
      await lane?.close();
      relay.close();
      await Promise.all([endpoint.close(), wireGuard.close()]);
    },
  };
}
