/** TURN URIs (RFC 7065): `turn:host[:port][?transport=udp|tcp]` and `turns:…`. */

export const TURN_TRANSPORTS = ['udp', 'tcp', 'tls'] as const;
export type TurnTransportKind = (typeof TURN_TRANSPORTS)[number];

export interface TurnServer {
  readonly transport: TurnTransportKind;
  /** A name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

const URI = /^(turns?):(\[[0-9a-fA-F:.]{2,45}\]|[a-zA-Z0-9.-]{1,253})(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/;
const DEFAULT_PORT = { turn: 3478, turns: 5349 } as const;

/** Null when it is no TURN URI, or one for DTLS (`turns:` over UDP), which Warren does not speak. */
export function parseTurnUri(text: string): TurnServer | null {
  const match = URI.exec(text);
  if (!match) return null;
  const [, scheme, host = '', port, transport] = match;
  const secure = scheme === 'turns';
  if (secure && transport === 'udp') return null;
  const number = port === undefined ? DEFAULT_PORT[secure ? 'turns' : 'turn'] : Number(port);
  if (number < 1 || number > 65535) return null;
  return {
    transport: secure ? 'tls' : transport === 'tcp' ? 'tcp' : 'udp',
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: number,
  };
}
