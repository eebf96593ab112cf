/**
 * The way to one client: the checks with it, and from which of our ports its WireGuard packets leave. The
 * client is told once our side of a new way is ready, since it must not move before us.
 */
import type { Ms } from '../shared/base/units.ts';
import type { Driven } from '../shared/machine/drive.ts';
import type { Session } from '../shared/machine/handshake/api.ts';
import type { CandidatePair, ChecksInput, ChecksOutput } from '../shared/machine/traversal/api.ts';
import { credentialsOf } from '../shared/machine/traversal/credentials.ts';
import type { Candidate } from '../shared/wire/candidate.ts';
import type { ControlDownInput } from '../shared/wire/control.ts';
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
}

export interface ClientPath {
  /** The client's WireGuard sent something. */
  heard(): void;
  /** The client comes back from elsewhere: look for it again. */
  again(): void;
  /** It hears nothing from us, and says where it is now: look at once. */
  roamed(candidates: readonly Candidate[]): void;
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
  session: Session,
  events: ClientPathEvents,
): ClientPath {
  const credentials = credentialsOf(session);
  const key = session.peerWireGuardKey;
  let announcement: ControlDownInput | null = null;
  let stopped = false;
  const lane = relay.client(session.peerCandidates);

  const follow = async ({ local: own, remote: at }: CandidatePair): Promise<void> => {
    const from = endpoint.portOf(own.base);
    const there = { address: at.address, port: at.port };
    if (from !== null) await tunnel.route(key, { remote: there, from });
    if (!stopped) events.say({ type: 'path', remote: there });
  };
  const act = (output: ChecksOutput): void => {
    switch (output.type) {
      case 'nominated':
        events.found(output.pair.remote.address, output.kind, output.rttMs);
        lane.follow(output.pair);
        follow(output.pair).catch(events.fault);
        return;
      case 'rtt':
        events.rtt(output.rttMs);
        return;
      case 'mtu':
        tunnel.mtu(key, output.mtu).catch(events.fault);
        return;
      case 'recovered':
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
  });
  checks.feed({ type: 'start' });
  const announced = (candidates: readonly Candidate[]): void => {
    lane.permit(candidates);
    checks.feed({ type: 'candidates', side: 'remote', candidates, all: true });
  };

  return {
    heard: () => checks.feed({ type: 'heard' }),
    again: () => checks.feed({ type: 'restart' }),
    roamed(candidates) {
      announced(candidates);
      checks.feed({ type: 'doubt' });
    },
    announced,
    greet() {
      if (announcement) events.say(announcement);
    },
    stop() {
      stopped = true;
      checks.stop();
      void lane.close();
      tunnel.route(key, null).catch(events.fault);
    },
  };
}
