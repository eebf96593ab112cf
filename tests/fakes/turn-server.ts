/**
 * A TURN server in memory (RFC 8656) on a fake network: long-term credentials, permissions by address,
 * channels, lifetimes. It can be told to misbehave as real ones do.
 */
import type { Clock, Datagrams, TransportAddress } from '../../shared/effects.ts';
import type { AddressFamily, StunAttributes } from '../../shared/wire/stun/attributes.ts';
import { longTermKey } from '../../shared/wire/stun/long-term.ts';
import {
  BINDING,
  decodeStun,
  encodeStun,
  type ReceivedStun,
  TURN_METHOD,
  verifyIntegrity,
} from '../../shared/wire/stun/message.ts';
import { decodeChannelData, encodeChannelData, looksLikeChannelData } from '../../shared/wire/turn/channel-data.ts';
import type { Network } from './datagrams.ts';

interface Allocated {
  readonly sockets: Map<AddressFamily, Datagrams>;
  readonly permissions: Map<string, number>;
  readonly channels: Map<number, { readonly peer: TransportAddress; until: number }>;
  until: number;
}

export interface FakeTurnServer {
  /** One 5-tuple. What the client sends goes to the result; what it shall read goes to `toClient`. */
  connect(toClient: (packet: Uint8Array) => void): (packet: Uint8Array) => void;
  /** As after a restart: no allocation, no nonce is known any more. */
  restart(): void;
  /** From now on these are the only ones. */
  passwords: Map<string, string>;
  /** Answers every Allocate so. */
  refuse: { readonly code: number; readonly alternate?: TransportAddress } | null;
  /** Takes nothing and says nothing. */
  deaf: boolean;
  /** Gives IPv6 addresses too; `draft`: to who asks by the number of the drafts, as coturn 4.6. */
  ipv6: boolean | 'draft';
  /** Each answered request by method, in order. */
  readonly served: number[];
  newNonce(): void;
  readonly allocations: number;
}

const REALM = 'test';

export function createTurnServer(clock: Clock, network: Network, address4: string, address6: string): FakeTurnServer {
  const clients = new Map<symbol, Allocated>();
  let nonce = 'nonce-1';
  let port = 50_000;

  const server: FakeTurnServer = {
    passwords: new Map([['user', 'secret']]),
    refuse: null,
    deaf: false,
    ipv6: true,
    served: [],
    newNonce() {
      nonce = `nonce-${Number(nonce.slice(6)) + 1}`;
    },
    restart() {
      server.newNonce();
      for (const allocated of clients.values()) drop(allocated);
      clients.clear();
    },
    get allocations() {
      return [...clients.values()].filter(({ until }) => until > clock.now()).length;
    },
    connect(toClient) {
      const client = Symbol('5-tuple');
      const reply = (packet: Uint8Array) => void clock.after(10, () => server.deaf || toClient(packet));
      return (packet) => void clock.after(10, () => server.deaf || receive(client, packet, reply));
    },
  };

  function drop({ sockets }: Allocated): void {
    for (const socket of sockets.values()) void socket.close();
  }

  function live(client: symbol): Allocated | null {
    const allocated = clients.get(client);
    if (!allocated) return null;
    if (allocated.until > clock.now()) return allocated;
    drop(allocated);
    clients.delete(client);
    return null;
  }

  function receive(client: symbol, packet: Uint8Array, reply: (packet: Uint8Array) => void): void {
    if (looksLikeChannelData(packet)) {
      const data = decodeChannelData(packet);
      const channel = data && live(client)?.channels.get(data.channel);
      if (data && channel && channel.until > clock.now()) relay(client, channel.peer, data.payload);
      return;
    }
    const message = decodeStun(packet);
    if (!message) return;
    const { class: kind, method, attributes } = message;
    const [peer] = attributes.xorPeerAddresses ?? [];
    if (kind === 'indication' && method === TURN_METHOD.send && peer && attributes.data)
      relay(client, peer, attributes.data);
    const answered = kind === 'request' ? answer(client, message, reply) : null;
    if (answered) reply(answered);
  }

  function relay(client: symbol, peer: TransportAddress, payload: Uint8Array): void {
    const allocated = live(client);
    if ((allocated?.permissions.get(peer.address) ?? 0) <= clock.now()) return;
    allocated?.sockets.get(peer.address.includes(':') ? 6 : 4)?.send(payload, peer);
  }

  function answer(client: symbol, message: ReceivedStun, reply: (packet: Uint8Array) => void): Uint8Array | null {
    const { method, transactionId, attributes } = message;
    const say = (kind: 'success' | 'error', body: StunAttributes, key?: Uint8Array) =>
      encodeStun({ class: kind, method, transactionId, attributes: body }, key ? { integrityKey: key } : {});
    const error = (code: number, more: StunAttributes = {}) =>
      say('error', { errorCode: { code, reason: 'no' }, ...more });
    if (method === BINDING) return null;
    const { username, realm } = attributes;
    if (username === undefined || realm !== REALM) return error(401, { realm: REALM, nonce });
    const password = server.passwords.get(username);
    const key = longTermKey(username, REALM, password ?? '');
    if (password === undefined || !verifyIntegrity(message, key)) return error(401, { realm: REALM, nonce });
    if (attributes.nonce !== nonce) return error(438, { realm: REALM, nonce });
    server.served.push(method);
    const ok = (body: StunAttributes = {}) => say('success', body, key);
    if (method === TURN_METHOD.allocate) return allocate(client, attributes, ok, error, reply);
    const allocated = live(client);
    if (!allocated) return error(437);
    const [peer] = attributes.xorPeerAddresses ?? [];
    const now = clock.now();
    if (method === TURN_METHOD.refresh) {
      allocated.until = now + (attributes.lifetime ?? 600) * 1000;
      live(client);
      return ok({ lifetime: attributes.lifetime ?? 600 });
    }
    if (!peer) return error(400);
    allocated.permissions.set(peer.address, now + 300_000);
    if (method === TURN_METHOD.channelBind && attributes.channelNumber !== undefined)
      allocated.channels.set(attributes.channelNumber, { peer, until: now + 600_000 });
    return ok();
  }

  function allocate(
    client: symbol,
    attributes: StunAttributes,
    ok: (body: StunAttributes) => Uint8Array,
    error: (code: number, more?: StunAttributes) => Uint8Array,
    reply: (packet: Uint8Array) => void,
  ): Uint8Array {
    if (server.refuse) {
      const { code, alternate } = server.refuse;
      return error(code, alternate ? { alternateServer: alternate } : {});
    }
    if (live(client)) return error(437);
    if (attributes.requestedTransport !== 17) return error(442);
    const sockets = new Map<AddressFamily, Datagrams>([[4, network.socket(address4, ++port)]]);
    const { additionalAddressFamily, additionalAddressFamilyDraft } = attributes;
    const also = server.ipv6 === 'draft' ? additionalAddressFamilyDraft : additionalAddressFamily;
    if (also === 6 && server.ipv6) sockets.set(6, network.socket(address6, ++port));
    const allocated: Allocated = {
      sockets,
      permissions: new Map(),
      channels: new Map(),
      until: clock.now() + 600_000,
    };
    clients.set(client, allocated);
    for (const socket of sockets.values()) {
      socket.onPacket((packet, from) => {
        const now = clock.now();
        if (live(client) !== allocated || (allocated.permissions.get(from.address) ?? 0) <= now) return;
        const channel = [...allocated.channels].find(
          ([, { peer, until }]) => peer.address === from.address && peer.port === from.port && until > now,
        );
        const attributes = { xorPeerAddresses: [from], data: packet };
        const transactionId = new Uint8Array(12);
        reply(
          channel
            ? encodeChannelData(channel[0], packet, false)
            : encodeStun({ class: 'indication', method: TURN_METHOD.data, transactionId, attributes }),
        );
      });
    }
    return ok({
      xorRelayedAddresses: [...sockets.values()].map(({ local }) => local),
      xorMappedAddress: { address: '90.1.2.3', port: 4444 },
      lifetime: 600,
    });
  }

  return server;
}
