/**
 * The way to one client: the checks with it, and from which of our ports its WireGuard packets leave. The
 * client is told once our side of a new way is ready, since it must not move before us.
 */
import type { Ms } from '../shared/base/units.ts';
import type { HandshakeCrypto } from '../shared/effects.ts';
import type { Driven } from '../shared/machine/drive.ts';
import type { Session } from '../shared/machine/handshake/api.ts';
import { openRoam, sealRoam } from '../shared/machine/handshake/roam.ts';
import type { CandidatePair, ChecksInput, ChecksOutput } from '../shared/machine/traversal/api.ts';
import { credentialsOf } from '../shared/machine/traversal/credentials.ts';
import { Doubt } from '../shared/machine/tunnel/doubt.ts';
import type { Candidate } from '../shared/wire/candidate.ts';
import type { ControlDownInput } from '../shared/wire/control.ts';
import type { PeerCounters } from '../shared/wire/netd.ts';
import type { Endpoint } from './endpoint.ts';
import type { ProviderRelay } from './relay.ts';
import type { ProviderTunnel } from './tunnel.ts';

export interface ClientPathEvents {
  found(address: string, kind: 'direct' | 'lan' | 'relay', rttMs: Ms | null): void;
  rtt(ms: Ms): void;
  /** Nothing works any more, or something does again. */
  lost(lost: boolean): void;
  /** To the client, where its control connection stands. */
  say(message: ControlDownInput): void;
  fault(error: unknown): void;
  /** To the client through the rendezvous, where the tunnel carries nothing. */
  signal(bytes: Uint8Array): void;
}

export interface ClientPath {
  /** What its WireGuard has counted: a sign of life, or a reason to ask the path. */
  counted(counters: PeerCounters, now: Ms): void;
  /** The client comes back from elsewhere: look for it again. */
  again(): void;
  /** It hears nothing from us, and says where it is now: look at once, and say where we are. */
  roamed(message: Uint8Array): void;
  /** Everything that the client can be reached at now. */
  announced(candidates: readonly Candidate[]): void;
  /** The control connection stands: what was missed meanwhile is said. */
  greet(): void;
  stop(): void;
}

export function findPath(
  endpoint: Endpoint,
  tunnel: ProviderTunnel,
  relay: ProviderRelay,
  crypto: HandshakeCrypto,
  session: Session,
  events: ClientPathEvents,
): ClientPath {
  const credentials = credentialsOf(session);
  const key = session.peerWireGuardKey;
  let announcement: ControlDownInput | null = null;
  let way: ControlDownInput | null = null;
  let stopped = false;
  let good = true;
  let roams = 0;
  let theirRoams = 0;
  let remote = '';
  const doubt = new Doubt();
  const lane = relay.client(session.peerCandidates);

  const follow = async ({ local: own, remote: at }: CandidatePair): Promise<void> => {
    const from = endpoint.portOf(own.base);
    const there = { address: at.address, port: at.port };
    if (from !== null) await tunnel.route(key, { remote: there, from });
    if (stopped) return;
    way = { type: 'path', remote: there };
    events.say(way);
  };
  const act = (output: ChecksOutput): void => {
    switch (output.type) {
      case 'nominated':
        remote = output.pair.remote.address;
        events.found(remote, output.kind, output.rttMs);
        lane.follow(output.pair);
        follow(output.pair).catch(events.fault);
        return;
      case 'rtt':
        events.rtt(output.rttMs);
        return;
      case 'mtu':
        tunnel.mtu(key, output.mtu, remote).catch(events.fault);
        return;
      case 'suspect':
        good = false;
        // Perhaps it is not the client but our own router that is elsewhere now.
        endpoint.doubt();
        return;
      case 'recovered':
        good = true;
        events.lost(false);
        return;
      case 'lost':
      case 'failed':
        events.lost(true);
        return;
      default:
        return;
    }
  };
  const checks: Driven<ChecksInput> = endpoint.check({ credentials, remote: session.peerCandidates }, act, (told) => {
    announcement = { type: 'candidates', candidates: [...told] };
    events.say(announcement);
    if (!good) roam();
  });
  checks.feed({ type: 'start' });
  const announced = (candidates: readonly Candidate[]): void => {
    lane.permit(candidates);
    checks.feed({ type: 'candidates', side: 'remote', candidates, all: true });
  };

  const roam = (): void => {
    const { candidates } = endpoint;
    if (candidates.length > 0) events.signal(sealRoam(crypto, session, 'responder', ++roams, candidates));
  };

  return {
    counted(counters, now) {
      const sign = doubt.sample(counters, now);
      if (sign) checks.feed({ type: sign === 'heard' ? 'heard' : 'probe' });
    },
    again: () => checks.feed({ type: 'restart' }),
    roamed(message) {
      const opened = openRoam(crypto, session, 'initiator', message, theirRoams);
      if (!opened) return;
      theirRoams = opened.number;
      announced(opened.candidates);
      checks.feed({ type: 'doubt' });
      roam();
    },
    announced,
    greet() {
      if (announcement) events.say(announcement);
      if (way) events.say(way);
    },
    stop() {
      stopped = true;
      checks.stop();
      void lane.close();
      tunnel.route(key, null).catch(events.fault);
    },
  };
}
