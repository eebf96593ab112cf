/** ChannelData messages (RFC 8656 §12.4): four bytes before a peer's packet, instead of 36 as an indication. */

export const CHANNEL_MIN = 0x4000;
export const CHANNEL_MAX = 0x4fff;
const HEADER = 4;

export interface ChannelData {
  readonly channel: number;
  /** A view into the packet. */
  readonly payload: Uint8Array;
}

/** True by the first two bits, which tell ChannelData (01) from STUN (00) on one connection. */
export function looksLikeChannelData(packet: Uint8Array): boolean {
  return packet.length >= HEADER && (packet[0] as number) >> 6 === 1;
}

/** @param padded over TCP and TLS each message ends on a multiple of four bytes (§12.5). */
export function encodeChannelData(channel: number, payload: Uint8Array, padded: boolean): Uint8Array {
  const length = padded ? (payload.length + 3) & ~3 : payload.length;
  const packet = new Uint8Array(HEADER + length);
  packet[0] = channel >> 8;
  packet[1] = channel & 255;
  packet[2] = payload.length >> 8;
  packet[3] = payload.length & 255;
  packet.set(payload, HEADER);
  return packet;
}

/** Null for what is no whole ChannelData message; padding after the payload is allowed and dropped. */
export function decodeChannelData(packet: Uint8Array): ChannelData | null {
  if (!looksLikeChannelData(packet)) return null;
  const channel = ((packet[0] as number) << 8) | (packet[1] as number);
  const length = ((packet[2] as number) << 8) | (packet[3] as number);
  const rest = packet.length - HEADER - length;
  if (channel > CHANNEL_MAX || rest < 0 || rest > 3) return null;
  return { channel, payload: packet.subarray(HEADER, HEADER + length) };
}
