/**
 * Asking a home router for an open port: PCP MAP (RFC 6887) and its elder NAT-PMP (RFC 6886), over UDP to
 * port 5351 of the gateway. IPv4 and UDP mappings only. What breaks a rule decodes to null.
 */
export const PORT_CONTROL_PORT = 5351;

const PCP = 2;
const PMP = 0;
const MAP = 1;
const RESPONSE = 0x80;
const UDP = 17;
/** RFC 6887 §7.2: unsupported version. */
const UNSUPPORTED_VERSION = 1;
const NONCE_BYTES = 12;

export interface MapRequest {
  /** Our own address as the router sees it. */
  readonly client: string;
  /** 12 bytes; whoever renews or deletes has to know it. */
  readonly nonce: Uint8Array;
  readonly port: number;
  /** Seconds; 0 deletes. */
  readonly lifetime: number;
}

export type PortControlAnswer =
  | {
      readonly type: 'mapped';
      readonly external: { readonly address: string; readonly port: number };
      readonly lifetime: number;
    }
  /** NAT-PMP tells the port and the address in two answers. */
  | { readonly type: 'port'; readonly port: number; readonly lifetime: number }
  | { readonly type: 'address'; readonly address: string }
  /** It speaks NAT-PMP only. */
  | { readonly type: 'elder' }
  | { readonly type: 'refused'; readonly result: number };

const mapped4 = (address: string): number[] => [...Array(10).fill(0), 0xff, 0xff, ...address.split('.').map(Number)];
const dotted = (bytes: Uint8Array): string => bytes.join('.');

export function encodePcpMap({ client, nonce, port, lifetime }: MapRequest): Uint8Array {
  const bytes = new Uint8Array(60);
  const view = new DataView(bytes.buffer);
  bytes.set([PCP, MAP]);
  view.setUint32(4, lifetime);
  bytes.set(mapped4(client), 8);
  bytes.set(nonce.subarray(0, NONCE_BYTES), 24);
  bytes[36] = UDP;
  view.setUint16(40, port);
  view.setUint16(42, lifetime === 0 ? 0 : port);
  bytes.set(mapped4('0.0.0.0'), 44);
  return bytes;
}

export function encodePmpMap({ port, lifetime }: Pick<MapRequest, 'port' | 'lifetime'>): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  bytes.set([PMP, 1]);
  view.setUint16(4, port);
  view.setUint16(6, lifetime === 0 ? 0 : port);
  view.setUint32(8, lifetime);
  return bytes;
}

export const encodePmpAddress = (): Uint8Array => Uint8Array.of(PMP, 0);

/** An answer to `request`; null for anything else. */
export function decodePortControl(bytes: Uint8Array, request: MapRequest): PortControlAnswer | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || bytes.length > 1_100 || ((bytes[1] ?? 0) & RESPONSE) === 0) return null;
  return bytes[0] === PCP ? pcp(bytes, view, request) : bytes[0] === PMP ? pmp(bytes, view, request) : null;
}

function pcp(bytes: Uint8Array, view: DataView, request: MapRequest): PortControlAnswer | null {
  const result = bytes[3] ?? 0;
  if (bytes.length < 60 || bytes[1] !== (RESPONSE | MAP)) return result === 0 ? null : { type: 'refused', result };
  const same = request.nonce.every((byte, n) => byte === bytes[24 + n]);
  if (!same || bytes[36] !== UDP || view.getUint16(40) !== request.port) return null;
  if (result !== 0) return { type: 'refused', result };
  if (mapped4('0.0.0.0').some((byte, n) => n < 12 && byte !== bytes[44 + n])) return null;
  const external = { address: dotted(bytes.subarray(56, 60)), port: view.getUint16(42) };
  return { type: 'mapped', external, lifetime: view.getUint32(4) };
}

function pmp(bytes: Uint8Array, view: DataView, request: MapRequest): PortControlAnswer | null {
  const result = view.getUint16(2);
  const operation = (bytes[1] ?? 0) & ~RESPONSE;
  if (result === UNSUPPORTED_VERSION) return { type: 'elder' };
  if (result !== 0) return { type: 'refused', result };
  if (operation === 0 && bytes.length === 12) return { type: 'address', address: dotted(bytes.subarray(8, 12)) };
  if (operation !== 1 || bytes.length !== 16 || view.getUint16(8) !== request.port) return null;
  return { type: 'port', port: view.getUint16(10), lifetime: view.getUint32(12) };
}
