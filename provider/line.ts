/** The node's line to the world: its public UDP port and, where that lets no UDP through, its relay. */
import type { Clock } from '../shared/effects.ts';
import { parseInterval } from '../shared/machine/traversal/interval.ts';
import { nodeCrypto } from '../shared/node/crypto.ts';
import { createDatagrams, hostAddresses } from '../shared/node/datagrams.ts';
import { openRouterLine } from '../shared/node/port-mapping/router.ts';
import { resolveStunServers } from '../shared/node/stun-servers.ts';
import { turnAccess } from '../shared/node/turn/access.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';
import { type Endpoint, openEndpoint } from './endpoint.ts';
import type { Log } from './log.ts';
import { createProviderRelay, type ProviderRelay } from './relay.ts';
import type { Config } from './settings/table.ts';

export interface Line {
  readonly endpoint: Endpoint;
  readonly relay: ProviderRelay;
  /** Set once the rest of the node stands: what the world sees of us has changed. */
  onGathered: () => void;
  close(): Promise<void>;
}

const GATHER_MS = 5_000;
/**
 * A node's clients share its socket. What the system gives by default holds 256 of their packets: of a thousand clients
 * half a second's worth, and what comes on top of it while this process waits for its turn is lost.
 */
const ROOM_BYTES = 2 * 1024 * 1024;

/** Resolves after the first gathering: it decides what offer and egress guard say. Without an answer they do with less. */
export async function openLine(config: Config, profile: NetworkProfile, clock: Clock, log: Log): Promise<Line> {
  const datagrams = await createDatagrams({ port: config.udpPort, roomBytes: ROOM_BYTES });
  const interval = parseInterval(config.rotation);
  let relay: ProviderRelay | null = null;
  let gathered = () => {};
  const first = new Promise<void>((resolve) => {
    gathered = resolve;
    clock.after(GATHER_MS, resolve);
  });
  const endpoint = openEndpoint({
    datagrams,
    openDatagrams: () => createDatagrams({ roomBytes: ROOM_BYTES }),
    openRouterLine,
    clock,
    servers: await resolveStunServers(profile.stun),
    hosts: hostAddresses,
    ...(interval ? { interval } : {}),
    onGathered: (now) => {
      relay?.look(now.nat?.translated !== null);
      gathered();
      line.onGathered();
    },
  });
  relay = createProviderRelay({
    turn: turnAccess(profile.turn),
    clock,
    random: nodeCrypto.randomBytes,
    openLoopback: () => createDatagrams({ address: '127.0.0.1', roomBytes: ROOM_BYTES }),
    bases: endpoint.bases,
    receive: endpoint.receive,
    log,
  });
  const line: Line = {
    endpoint,
    relay,
    onGathered: () => {},
    async close() {
      relay.close();
      await endpoint.close();
    },
  };
  if (!endpoint.nat) await first;
  return line;
}
