/** Asks the network's own servers: whether UDP comes back, and what time it is. */

import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import * as v from 'valibot';
import type { TransportAddress } from '../../../shared/effects.ts';
import { createDatagrams } from '../../../shared/node/datagrams.ts';
import { type NetworkProfile, NetworkProfileSchema } from '../../../shared/wire/network.ts';
import { BINDING, decodeStun, encodeStun } from '../../../shared/wire/stun/message.ts';
import { MACHINE, PACKAGED_NETWORK, placeOf } from '../../install/layout.ts';
import { resolveStunServers } from '../../stun-names.ts';
import type { NetworkFacts } from '../facts.ts';
import { read } from './system.ts';

const STUN_TRIES = 3;
const STUN_TRY_MS = 700;
const HTTP_LIMIT_MS = 4_000;
/** statfs(2). */
const IN_MEMORY = [0x01021994, 0x858458f6];

/** @param file a profile; null: the one that is installed. */
export async function probeNetwork(file: string | null, runtimeDir: string): Promise<NetworkFacts> {
  const profile = findProfile(file);
  const [stun, clockAhead, udpPort, tcpPort] = await Promise.all([
    profile ? askStun(profile) : { asked: 0, answered: 0 },
    profile ? compareClock(profile) : null,
    bindUdp(),
    bindTcp(),
  ]);
  return { profile: profile?.name ?? null, stun, clockAhead, udpPort, tcpPort, memory: inMemory(runtimeDir) };
}

function findProfile(file: string | null): NetworkProfile | null {
  const files = file === null ? [placeOf(homedir()).network, MACHINE.network, PACKAGED_NETWORK] : [file];
  for (const path of files) {
    const text = read(path);
    if (text !== null) return v.parse(NetworkProfileSchema, JSON.parse(text));
  }
  return null;
}

async function askStun(profile: NetworkProfile): Promise<NetworkFacts['stun']> {
  const servers = await resolveStunServers(profile.stun);
  const answers = await Promise.all(servers.map(answersStun));
  return { asked: servers.length, answered: answers.filter(Boolean).length };
}

async function answersStun(server: TransportAddress): Promise<boolean> {
  const socket = await createDatagrams();
  const transactionId = Uint8Array.from(randomBytes(12));
  const request = encodeStun({ class: 'request', method: BINDING, transactionId, attributes: {} });
  try {
    return await new Promise<boolean>((resolve) => {
      let left = STUN_TRIES;
      const ask = () => (left-- > 0 ? socket.send(request, server) : resolve(false));
      const timer = setInterval(ask, STUN_TRY_MS);
      socket.onPacket((packet) => {
        const answer = decodeStun(packet);
        if (answer?.class !== 'success' || !Buffer.from(answer.transactionId).equals(transactionId)) return;
        clearInterval(timer);
        resolve(true);
      });
      ask();
    });
  } finally {
    await socket.close();
  }
}

/** The Date of an HTTP answer (RFC 9110 §6.6.1) is good to a second. The middle one of several counts. */
async function compareClock({ rpcUrl, relays }: NetworkProfile): Promise<number | null> {
  const urls = [rpcUrl, ...relays.map((relay) => relay.replace(/^ws/, 'http'))];
  const offsets = (await Promise.all(urls.map(offsetOf))).filter((offset) => offset !== null).sort((a, b) => a - b);
  return offsets[Math.floor(offsets.length / 2)] ?? null;
}

async function offsetOf(url: string): Promise<number | null> {
  try {
    const sent = Date.now();
    const { headers } = await fetch(url, { signal: AbortSignal.timeout(HTTP_LIMIT_MS), redirect: 'manual' });
    const theirs = Date.parse(headers.get('date') ?? '');
    return Number.isNaN(theirs) ? null : (sent + Date.now()) / 2 - theirs;
  } catch {
    return null;
  }
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
