/**
 * WireGuard's cross-platform configuration protocol (https://www.wireguard.com/xplatform/) over the Unix
 * socket of wireguard-go: no process per call (0.7 ms against 3.5 ms), handshake times in nanoseconds,
 * and keys never leave memory.
 */
import { createConnection } from 'node:net';
import { patience } from '../../shared/node/patience.ts';
import { type DeviceConfig, formatEndpoint, type PeerConfig, type PeerState, parseEndpoint } from './wireguard.ts';

const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export const UAPI_DIRECTORY = '/var/run/wireguard';

export function uapiSocket(link: string): string {
  return `${UAPI_DIRECTORY}/${link}.sock`;
}

/** Whether the socket file is there and no process listens behind it. */
export function isDeaf(link: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path: uapiSocket(link) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

/** A negative errno from wireguard-go, or no answer at all. */
export class UapiFailed extends Error {
  readonly errno: number;

  constructor(errno: number, message: string) {
    super(message);
    this.errno = errno;
  }
}

/** @returns the answer's `key=value` lines, without the final `errno=0`. @throws UapiFailed */
export function ask(link: string, request: string): Promise<readonly (readonly [string, string])[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const socket = createConnection({ path: uapiSocket(link) });
    const fail = (errno: number, message: string) => {
      socket.destroy();
      reject(new UapiFailed(errno, message));
    };
    const callOff = patience(TIMEOUT_MS, () => fail(-110, 'wireguard-go does not answer'));
    socket.on('error', (error) => fail(-5, error.message));
    socket.on('close', () => {
      callOff();
      fail(-5, 'wireguard-go closed its control socket');
    });
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) return fail(-7, 'wireguard-go answered too much');
      if (chunk.at(-1) !== 0x0a || !Buffer.concat(chunks.slice(-2)).subarray(-2).equals(Buffer.from('\n\n'))) return;
      const lines = parseLines(Buffer.concat(chunks).toString('utf8'));
      const errno = Number(lines.find(([key]) => key === 'errno')?.[1] ?? -5);
      if (errno !== 0) return fail(errno, `wireguard-go refused: errno ${errno}`);
      socket.destroy();
      resolve(lines.filter(([key]) => key !== 'errno'));
    });
    socket.write(request);
  });
}

export function deviceRequest(config: Partial<DeviceConfig>): string {
  const lines = ['set=1'];
  if (config.privateKey !== undefined) lines.push(`private_key=${hex(config.privateKey)}`);
  if (config.listenPort !== undefined) lines.push(`listen_port=${config.listenPort}`);
  return `${lines.join('\n')}\n\n`;
}

export function peerRequest(peer: PeerConfig): string {
  const lines = ['set=1', `public_key=${hex(peer.publicKey)}`];
  if (peer.presharedKey !== undefined) lines.push(`preshared_key=${hex(peer.presharedKey)}`);
  if (peer.endpoint) lines.push(`endpoint=${formatEndpoint(peer.endpoint)}`);
  if (peer.keepaliveSeconds !== undefined) lines.push(`persistent_keepalive_interval=${peer.keepaliveSeconds}`);
  if (peer.allowedIps) lines.push('replace_allowed_ips=true', ...peer.allowedIps.map((range) => `allowed_ip=${range}`));
  return `${lines.join('\n')}\n\n`;
}

export function removePeerRequest(publicKey: string): string {
  return `set=1\npublic_key=${hex(publicKey)}\nremove=true\n\n`;
}

/** The peers in the answer to `get=1`: each begins at its `public_key`. Of a thousand there are 15,000 lines. */
export function parsePeers(lines: readonly (readonly [string, string])[]): readonly PeerState[] {
  const peers: Draft[] = [];
  for (const [key, value] of lines) {
    const peer = peers.at(-1);
    if (key === 'public_key') {
      const publicKey = Buffer.from(value, 'hex').toString('base64');
      peers.push({ publicKey, endpoint: null, handshakeAt: 0, rxBytes: 0, txBytes: 0 });
    } else if (peer) note(peer, key, value);
  }
  return peers;
}

type Draft = { -readonly [Field in keyof PeerState]: PeerState[Field] };

function note(peer: Draft, key: string, value: string): void {
  switch (key) {
    case 'endpoint':
      peer.endpoint = parseEndpoint(value);
      return;
    case 'rx_bytes':
      peer.rxBytes = Number(value);
      return;
    case 'tx_bytes':
      peer.txBytes = Number(value);
      return;
    case 'last_handshake_time_sec':
      peer.handshakeAt += Number(value) * 1000;
      return;
    case 'last_handshake_time_nsec':
      peer.handshakeAt += Math.floor(Number(value) / 1e6);
      return;
  }
}

function parseLines(text: string): readonly (readonly [string, string])[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)] as const;
    });
}

function hex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}
