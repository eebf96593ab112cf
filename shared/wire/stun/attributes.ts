/** STUN and TURN attributes: their numbers and what they hold (RFC 8489 §14, 8656 §18, 8445 §16.1, 5780 §7). */

export const MAGIC_COOKIE = 0x2112a442;

export const ATTRIBUTE = {
  mappedAddress: 0x0001,
  changeRequest: 0x0003,
  sourceAddress: 0x0004,
  changedAddress: 0x0005,
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  channelNumber: 0x000c,
  lifetime: 0x000d,
  xorPeerAddresses: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddresses: 0x0016,
  requestedAddressFamily: 0x0017,
  requestedTransport: 0x0019,
  dontFragment: 0x001a,
  messageIntegritySha256: 0x001c,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  padding: 0x0026,
  responsePort: 0x0027,
  additionalAddressFamily: 0x8000,
  addressErrorCode: 0x8001,
  software: 0x8022,
  alternateServer: 0x8023,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
  responseOrigin: 0x802b,
  otherAddress: 0x802c,
  additionalAddressFamilyDraft: 0x8032,
} as const;

export interface StunAddress {
  readonly address: string;
  readonly port: number;
}

/** IPv4 or IPv6, where TURN names a family (RFC 8656 §18.6). */
export type AddressFamily = 4 | 6;

/** Values by name. Absent means not in the message; the order of writing is the order of the keys. */
export interface StunAttributes {
  readonly mappedAddress?: StunAddress;
  readonly xorMappedAddress?: StunAddress;
  readonly responseOrigin?: StunAddress;
  readonly otherAddress?: StunAddress;
  /** RFC 3489 only: where the answer came from, and the server's other place. */
  readonly sourceAddress?: StunAddress;
  readonly changedAddress?: StunAddress;
  readonly changeRequest?: { readonly ip: boolean; readonly port: boolean };
  /** The port of the asker's address to which the answer shall go (RFC 5780 §7.5). */
  readonly responsePort?: number;
  /** Bytes of filling, to see whether fragments pass (RFC 5780 §7.6). */
  readonly padding?: number;
  readonly username?: string;
  readonly realm?: string;
  readonly nonce?: string;
  readonly software?: string;
  readonly errorCode?: { readonly code: number; readonly reason: string };
  readonly unknownAttributes?: readonly number[];
  readonly alternateServer?: StunAddress;
  readonly priority?: number;
  readonly useCandidate?: boolean;
  readonly iceControlled?: bigint;
  readonly iceControlling?: bigint;
  /** 0x4000 … 0x4FFF. */
  readonly channelNumber?: number;
  /** Seconds; 0 gives an allocation back. */
  readonly lifetime?: number;
  /** One or more, each an attribute of its own. */
  readonly xorPeerAddresses?: readonly StunAddress[];
  /** One of each family at most. */
  readonly xorRelayedAddresses?: readonly StunAddress[];
  readonly data?: Uint8Array;
  readonly requestedAddressFamily?: AddressFamily;
  /** Beside the IPv4 address, one of this family too; 6 is the only value (RFC 8656 §18.11). */
  readonly additionalAddressFamily?: AddressFamily;
  /** The same under the number of its drafts, the only one that coturn 4.6 knows. */
  readonly additionalAddressFamilyDraft?: AddressFamily;
  /** Why there is no relayed address of this family although there is one of the other. */
  readonly addressErrorCode?: { readonly family: AddressFamily; readonly code: number; readonly reason: string };
  /** IANA protocol number; UDP is 17. */
  readonly requestedTransport?: number;
  readonly dontFragment?: boolean;
}
export type AttributeName = keyof StunAttributes;

const NOT_VALUES: readonly string[] = ['messageIntegrity', 'messageIntegritySha256', 'fingerprint'];
export const ATTRIBUTE_NAMES: ReadonlyMap<number, AttributeName> = new Map(
  Object.entries(ATTRIBUTE)
    .filter(([name]) => !NOT_VALUES.includes(name))
    .map(([name, type]) => [type, name as AttributeName]),
);
