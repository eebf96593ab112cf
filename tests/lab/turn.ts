/** coturn on two addresses: the independent STUN server (RFC 5780) and relay (RFC 8656) of the lab. */
import { createMetrics } from '../../helper/metrics.ts';
import { createTurnGrants } from '../../helper/turn.ts';
import type { Lab } from './lab.ts';
import type { LabProcess } from './process.ts';
import { SERVERS, SERVERS6 } from './servers.ts';

/** The REST-style shared secret of relays with `use-auth-secret`; a lab's secret protects nothing. */
export const TURN_SECRET = 'warren-lab';
const [first, second] = SERVERS.turn;
const [first6, second6] = SERVERS6.turn;
const PORT = 3478;
const TLS_PORT = 443;

/** What the lab's helper names to whoever asks: UDP and TCP on the first address, TLS 443 on the second. */
export const TURN_URIS = [
  `turn:${first}:${PORT}?transport=udp`,
  `turn:${first}:${PORT}?transport=tcp`,
  `turns:${second}:${TLS_PORT}?transport=tcp`,
] as const;

/** The same for homes without IPv4. */
export const TURN_URIS6 = TURN_URIS.map((uri) => uri.replace(first, `[${first6}]`).replace(second, `[${second6}]`));

/** As docs/protocol/turn.md recommends: no relaying into anybody's private network. */
const DENIED_PEERS = [
  '0.0.0.0-0.255.255.255',
  '10.0.0.0-10.255.255.255',
  '100.64.0.0-100.127.255.255',
  '127.0.0.0-127.255.255.255',
  '169.254.0.0-169.254.255.255',
  '172.16.0.0-172.31.255.255',
  '192.168.0.0-192.168.255.255',
];

/** What a web page tells its browser of this relay. @param host a name or address of it, as that browser knows it */
export function iceServer(host: string): RTCIceServer {
  const grants = createTurnGrants({ uris: [], secret: TURN_SECRET, ttlSeconds: 3_600 }, createMetrics());
  const { username = '', password = '' } = grants.mint('a page', Date.now()) ?? {};
  return { urls: `turn:${host}:${PORT}?transport=tcp`, username, credential: password };
}

let starts = 0;

export async function startTurn(lab: Lab): Promise<LabProcess> {
  const folder = lab.runtimeFolder(`turn-${++starts}`);
  const { keyFile, certificateFile } = lab.certificate;
  const turn = lab.start({
    name: 'coturn',
    namespace: lab.inet,
    command: 'turnserver',
    args: [
      '-n',
      ...[first, second, first6, second6].map((address) => `--listening-ip=${address}`),
      `--listening-port=${PORT}`,
      '--alt-listening-port=3479',
      `--tls-listening-port=${TLS_PORT}`,
      `--relay-ip=${first}`,
      `--relay-ip=${first6}`,
      '--use-auth-secret',
      `--static-auth-secret=${TURN_SECRET}`,
      '--realm=lab',
      `--cert=${certificateFile}`,
      `--pkey=${keyFile}`,
      '--no-dtls',
      '--no-cli',
      '--no-multicast-peers',
      ...DENIED_PEERS.map((range) => `--denied-peer-ip=${range}`),
      '--relay-threads=1',
      '--verbose',
      '--log-file=stdout',
      `--pidfile=${folder}/pid`,
      `--userdb=${folder}/db`,
    ],
  });
  // Its last thread: those that listen stand by then, TCP's too.
  await turn.prints(/IO method \(admin thread\)/);
  return turn;
}
