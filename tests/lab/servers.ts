/**
 * Public addresses of the lab's servers; all of them live on br0 in the namespace `inet`. Public-looking,
 * since an egress guard rightly drops documentation ranges.
 */
export const SERVERS = {
  helper: ['51.158.10.10', '51.158.10.11'],
  /** Another operator's, on the other side of the internet. */
  secondHelper: ['163.172.10.10', '163.172.10.11'],
  turn: ['51.158.20.10', '51.158.20.11'],
  chain: '51.158.30.10',
  dns: '51.158.53.53',
  origins: { 'one.example': '142.250.70.1', 'two.example': '142.250.70.2', 'three.example': '142.250.70.3' },
} as const;
/** By which the first relay is known to name servers. */
export const TURN_NAME = 'turn.example';
export type SiteName = keyof typeof SERVERS.origins;

/** By which of their addresses servers are known. */
export type Family = 4 | 6;
/** As a URL has it. */
export const inUrl = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** The same servers over IPv6. Its sites have IPv6 only, those above IPv4 only. */
export const SERVERS6 = {
  helper: ['2a05:d014:10::10', '2a05:d014:10::11'],
  turn: ['2a05:d014:20::10', '2a05:d014:20::11'],
  chain: '2a05:d014:30::10',
  dns: '2a05:d014:53::53',
  origins: { 'six.example': '2a00:1450:4001::6' },
} as const;
