/** The client's end: native-host/path.ts as an attempt opens it, on the real world. */
import { openPath } from '../../native-host/path.ts';
import { openWorld, type World } from '../../native-host/world.ts';
import { address, type Did } from '../../shared/base/units.ts';
import type { Session } from '../../shared/machine/handshake/api.ts';
import type { Candidate } from '../../shared/wire/candidate.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { credentialsOf } from './credentials.ts';
import { type End, Prover, tapped } from './end.ts';
import type { Said } from './protocol.ts';

const NOBODY = address(`0x${'00'.repeat(20)}`);

/** The path reads credentials and candidates of it; the rest is as empty as a session can be. */
function sessionWith(peerCandidates: readonly Candidate[]): Session {
  return {
    role: 'initiator',
    sessionId: new Uint8Array(32),
    psk: new Uint8Array(32),
    traversal: credentialsOf('client'),
    peerDid: `did:ethr:1:${NOBODY}` as Did,
    peerWireGuardKey: '',
    peerCandidates,
    terms: {
      pricePerMB: 0n,
      chainId: 1,
      channels: NOBODY,
      token: NOBODY,
      payee: NOBODY,
      minGraceMinutes: 0,
      address4: '100.64.1.1',
      address6: 'fd77:6172:7265::1',
    },
    channel: { payer: NOBODY, signer: NOBODY, payee: NOBODY },
  };
}

let world: Promise<World> | null = null;

export async function openClientEnd(profile: NetworkProfile, say: (said: Said) => void): Promise<End> {
  // The same for all cells: what it holds beyond a path (chain, rendezvous) stays untouched.
  world ??= openWorld(profile, '/nonexistent');
  const real = await world;
  let knownAt = 0;
  const ms = (): number => real.clock.now() - knownAt;
  let prover: Prover | null = null;
  // Stands where WireGuard would, for what a relay hands over on loopback.
  const wireGuard = tapped(await real.openLoopback(), (packet, from) => prover?.heard(packet, from));
  const tap = async (): ReturnType<World['openDatagrams']> =>
    tapped(await real.openDatagrams(), (packet, from) => prover?.heard(packet, from));
  const path = await openPath(
    { ...real, openDatagrams: tap },
    {
      gathered: (candidates, nat) => say({ say: 'gathered', candidates, nat }),
      use(pair, kind, _rttMs, to) {
        say({ say: 'nominated', kind, ms: ms() });
        const direct = to.address === pair.remote.address;
        const send = (packet: Uint8Array) =>
          direct ? path.bases.send(pair.local.base, packet, to) : wireGuard.send(packet, to);
        prover?.prove(kind, to, send);
      },
      rtt: () => {},
      mtu: () => {},
      consent: () => {},
      announce: () => {},
      accept: async () => {},
      rotated: () => {},
      roam: (candidates) => say({ say: 'roam', candidates }),
      failed: ({ code, message }) => say({ say: 'failed', code, message }),
    },
  );
  path.joins(wireGuard.local.port);
  prover = new Prover((kind) => say({ say: 'flows', kind, ms: ms() }));
  return {
    check(remote) {
      knownAt = real.clock.now();
      path.startChecks(sessionWith(remote));
    },
    moved: (remote) => path.ready(remote),
    async close() {
      prover?.stop();
      await Promise.all([path.close(), wireGuard.close()]);
    },
  };
}
