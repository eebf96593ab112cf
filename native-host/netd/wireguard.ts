/** WireGuard as netd needs it: what the kernel's module and wireguard-go have in common. */

export interface DeviceConfig {
  /** Base64, as everywhere in WireGuard's own tools. */
  readonly privateKey: string;
  /** 0: any free port. */
  readonly listenPort: number;
}

export interface PeerConfig {
  readonly publicKey: string;
  /** Absent fields keep the value that the peer has. */
  readonly presharedKey?: string | undefined;
  readonly endpoint?: { readonly address: string; readonly port: number } | undefined;
  /**
   * For a new peer. Given again, WireGuard forgets the old ones before it takes the new ones, and a packet
   * in between belongs to nobody.
   */
  readonly allowedIps?: readonly string[] | undefined;
  readonly keepaliveSeconds?: number | undefined;
}

export interface PeerState {
  readonly publicKey: string;
  readonly endpoint: { readonly address: string; readonly port: number } | null;
  /** Epoch ms, 0 when there was none. Resolution: 1 s in the kernel's tool, below 1 ms in wireguard-go. */
  readonly handshakeAt: number;
  /** WireGuard's own counters: payload plus its overhead. */
  readonly rxBytes: number;
  readonly txBytes: number;
}

export interface WireGuard {
  readonly kind: 'kernel' | 'wireguard-go';
  /** Makes the link, down and without configuration. */
  add(link: string): Promise<void>;
  /** Removes the link with all keys; fine when it is gone already. */
  remove(link: string): Promise<void>;
  configure(link: string, config: DeviceConfig): Promise<void>;
  /** @throws WarrenError `port_busy`; then the old port is in use again. */
  setListenPort(link: string, port: number): Promise<void>;
  listenPort(link: string): Promise<number>;
  setPeer(link: string, peer: PeerConfig): Promise<void>;
  removePeer(link: string, publicKey: string): Promise<void>;
  peers(link: string): Promise<readonly PeerState[]>;
}

/** `[address]:port` for IPv6, as `wg` and the UAPI write it. */
export function formatEndpoint(endpoint: { readonly address: string; readonly port: number }): string {
  return endpoint.address.includes(':')
    ? `[${endpoint.address}]:${endpoint.port}`
    : `${endpoint.address}:${endpoint.port}`;
}

/** null for `(none)` and for what is no endpoint. A zone (`fe80::1%eth0`) is dropped. */
export function parseEndpoint(text: string): { readonly address: string; readonly port: number } | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)(?:%[^\]]*)?\]|([0-9.]+)):(\d{1,5})$/.exec(text);
  if (!match) return null;
  return { address: match[1] ?? match[2] ?? '', port: Number(match[3]) };
}
