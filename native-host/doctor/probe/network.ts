/** Asks the network's own servers: whether UDP comes back, and what time it is. */
import { createSocket } from 'node:dgram';
import { statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import * as v from 'valibot';
import { clockAhead, clockKeeper } from '../../../shared/node/clock-offset.ts';
import { busiestHolder, type Protocol } from '../../../shared/node/port-holders.ts';
import { probeStun, type StunProbe } from '../../../shared/node/stun-probe.ts';
import { resolveStunServers } from '../../../shared/node/stun-servers.ts';
import { type NetworkProfile, NetworkProfileSchema } from '../../../shared/wire/network.ts';
import { MACHINE, PACKAGED_NETWORK, placeOf } from '../../install/layout.ts';
import type { NetworkFacts, PortFacts } from '../facts.ts';
import { read } from './system.ts';

/** statfs(2). */
const IN_MEMORY = [0x01021994, 0x858458f6];

/** @param file a profile; null: the one that is installed. */
export async function probeNetwork(file: string | null, runtimeDir: string): Promise<NetworkFacts> {
  const profile = findProfile(file);
  const [stun, ahead, udpPort, tcpPort] = await Promise.all([
    profile ? askStun(profile) : { asked: 0, answered: 0, refusedHere: false },
    profile ? clockAhead(profile) : null,
    bindUdp(),
    bindTcp(),
  ]);
  return {
    profile: profile?.name ?? null,
    stun,
    clockAhead: ahead,
    clockKeeper: clockKeeper(),
    udpPort: portFacts('udp', udpPort),
    tcpPort: portFacts('tcp', tcpPort),
    memory: inMemory(runtimeDir),
  };
}

function findProfile(file: string | null): NetworkProfile | null {
  const files = file === null ? [placeOf(homedir()).network, MACHINE.network, PACKAGED_NETWORK] : [file];
  for (const path of files) {
    const text = read(path);
    if (text !== null) return v.parse(NetworkProfileSchema, JSON.parse(text));
  }
  return null;
}

async function askStun(profile: NetworkProfile): Promise<StunProbe> {
  return probeStun(await resolveStunServers(profile.stun));
}

function portFacts(protocol: Protocol, code: string | null): PortFacts {
  return code === null ? null : { code, busiest: busiestHolder(protocol) };
}

function bindUdp(): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.bind(0, () => socket.close(() => resolve(null)));
  });
}

function bindTcp(): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(0, '127.0.0.1', () => server.close(() => resolve(null)));
  });
}

function inMemory(directory: string): string | null {
  try {
    return IN_MEMORY.includes(statfsSync(directory).type) ? directory : null;
  } catch {
    return null;
  }
}
