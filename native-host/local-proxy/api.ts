/** The local proxy as its owner sees it: types only. `proxy.ts` holds `createLocalProxy`. */

export interface LocalProxyOptions {
  /** The tunnel's own addresses: every outgoing socket is bound to one of them, so none can leave elsewhere. */
  readonly localAddress4: string;
  /** null where the tunnel carries no IPv6: then names are resolved to IPv4 only. */
  readonly localAddress6: string | null;
  /** The provider's resolver inside the tunnel; the system's resolver is never asked. */
  readonly resolver: { readonly address: string; readonly port: number };
}

export interface LocalProxyCounters {
  /** Connections of the browser now open. */
  readonly active: number;
  readonly accepted: number;
  /** Requests answered with an error: credentials, forbidden targets, unreachable ones. */
  readonly refused: number;
  /** Payload bytes browser → internet and back, over the life of the proxy. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** What can be asked of a proxy wherever it runs. */
export type ProxyHandle = Omit<LocalProxy, 'counters'>;

export interface LocalProxy {
  /** On 127.0.0.1; HTTP (CONNECT and absolute-form) and SOCKS5 on the same port. */
  readonly port: number;
  readonly username: string;
  readonly password: string;
  counters(): LocalProxyCounters;
  /** Destroys every connection at once (the tunnel is gone); the proxy keeps listening. */
  destroyAll(): void;
  /** `destroyAll`, then stops listening. Idempotent. */
  close(): Promise<void>;
}
