/** The provider's end: provider/endpoint.ts as the daemon opens it, with the checks of one client. */
import { resolveStunServers } from '../../native-host/stun-names.ts';
import { type Endpoint, openEndpoint } from '../../provider/endpoint.ts';
import { utf8 } from '../../shared/base/bytes.ts';
import type { Driven } from '../../shared/machine/drive.ts';
import type { ChecksInput } from '../../shared/machine/traversal/api.ts';
import { createClock } from '../../shared/node/clock.ts';
import { createDatagrams, hostAddresses } from '../../shared/node/datagrams.ts';
import { openRouterLine } from '../../shared/node/port-mapping/router.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { credentialsOf } from './credentials.ts';
import { type End, echo, tapped } from './end.ts';
import type { Said } from './protocol.ts';

export async function openProviderEnd(profile: NetworkProfile, say: (said: Said) => void): Promise<End> {
  const clock = createClock();
  const openDatagrams = async () =>
    tapped(await createDatagrams(), (packet, from, via) => echo(packet, (answer) => via.send(answer, from)));
  const datagrams = await openDatagrams();
  const endpoint: Endpoint = openEndpoint({
    datagrams,
    openDatagrams,
    openRouterLine,
    clock,
    servers: await resolveStunServers(profile.stun),
    hosts: hostAddresses,
    onGathered: ({ candidates, nat }) => nat && say({ say: 'gathered', candidates, nat }),
  });
  const { local, remote } = credentialsOf('provider');
  const credentials = {
    localFragment: local.fragment,
    remoteFragment: remote.fragment,
    localPassword: utf8(local.password),
    remotePassword: utf8(remote.password),
  };
  let checks: Driven<ChecksInput> | null = null;
  let knownAt = 0;
  return {
    check(candidates) {
      knownAt = clock.now();
      checks = endpoint.check(
        { credentials, remote: candidates },
        (output) => {
          if (output.type === 'nominated') say({ say: 'nominated', kind: output.kind, ms: clock.now() - knownAt });
          if (output.type === 'failed') say({ say: 'failed', code: output.error.code, message: output.error.message });
        },
        () => {},
      );
      checks.feed({ type: 'start' });
    },
    async close() {
      checks?.stop();
      await endpoint.close();
    },
  };
}
