/**
 * A WireGuard peer that does no more than be there (whitepaper §5.4: Noise_IKpsk2, type 1, 2 and 4 messages): it
 * shakes hands and keeps alive. A thousand of them fit into one process, where a thousand links do not fit into a
 * machine. For benches only: no cookie, no replay window, no payload.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  randomBytes,
} from 'node:crypto';
import { blake2s } from '@noble/hashes/blake2.js';

const CONSTRUCTION = 'Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s';
const IDENTIFIER = 'WireGuard v1 zx2c4 Jason@zx2c4.com';
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const TAI64_EPOCH = 0x400000000000000an;

export interface InitiatorKeys {
  /** All base64. */
  readonly privateKey: string;
  readonly publicKey: string;
  readonly peerPublicKey: string;
  readonly presharedKey: string;
}

interface Handshake {
  readonly index: number;
  readonly ephemeral: Buffer;
  readonly chain: Buffer;
  readonly hash: Buffer;
}

export class WireGuardInitiator {
  readonly #keys: InitiatorKeys;
  #handshake: Handshake | null = null;
  #session: { readonly key: Buffer; readonly receiver: number; counter: bigint } | null = null;

  constructor(keys: InitiatorKeys) {
    this.#keys = keys;
  }

  /** The first message; 148 bytes. */
  initiate(now = Date.now()): Buffer {
    const theirs = raw(this.#keys.peerPublicKey);
    const ours = raw(this.#keys.privateKey);
    const ephemeral = randomBytes(32);
    const publicEphemeral = publicOf(ephemeral);
    const index = randomBytes(4).readUInt32LE();
    let chain = hash(Buffer.from(CONSTRUCTION));
    let transcript = hash(hash(chain, Buffer.from(IDENTIFIER)), theirs);
    [chain] = kdf(chain, publicEphemeral, 1);
    transcript = hash(transcript, publicEphemeral);
    let key: Buffer;
    [chain, key] = kdf(chain, agree(ephemeral, theirs), 2);
    const sealedStatic = seal(key, 0n, raw(this.#keys.publicKey), transcript);
    transcript = hash(transcript, sealedStatic);
    [chain, key] = kdf(chain, agree(ours, theirs), 2);
    const sealedTime = seal(key, 0n, tai64n(now), transcript);
    transcript = hash(transcript, sealedTime);
    const head = Buffer.alloc(8);
    head.writeUInt32LE(1, 0);
    head.writeUInt32LE(index, 4);
    const body = Buffer.concat([head, publicEphemeral, sealedStatic, sealedTime]);
    const mac = blake2s(body, { key: hash(Buffer.from('mac1----'), theirs), dkLen: 16 });
    this.#handshake = { index, ephemeral, chain, hash: transcript };
    return Buffer.concat([body, mac, Buffer.alloc(16)]);
  }

  /** True when this was the answer to our handshake: the session stands. */
  answered(packet: Uint8Array): boolean {
    const pending = this.#handshake;
    const message = Buffer.from(packet);
    if (!pending || message.length !== 92 || message.readUInt32LE(0) !== 2) return false;
    if (message.readUInt32LE(8) !== pending.index) return false;
    const theirEphemeral = message.subarray(12, 44);
    let [chain] = kdf(pending.chain, theirEphemeral, 1);
    let transcript = hash(pending.hash, theirEphemeral);
    [chain] = kdf(chain, agree(pending.ephemeral, theirEphemeral), 1);
    [chain] = kdf(chain, agree(raw(this.#keys.privateKey), theirEphemeral), 1);
    const [next, tau, key] = kdf(chain, raw(this.#keys.presharedKey), 3);
    transcript = hash(transcript, tau);
    if (!opens(key, message.subarray(44, 60), transcript)) return false;
    const [send] = kdf(next, Buffer.alloc(0), 2);
    this.#session = { key: send, receiver: message.readUInt32LE(4), counter: 0n };
    this.#handshake = null;
    return true;
  }

  /** A message with nothing in it; null before the handshake. The first one confirms it. */
  keepalive(): Buffer | null {
    const session = this.#session;
    if (!session) return null;
    const head = Buffer.alloc(16);
    head.writeUInt32LE(4, 0);
    head.writeUInt32LE(session.receiver, 4);
    head.writeBigUInt64LE(session.counter, 8);
    return Buffer.concat([head, seal(session.key, session.counter++, Buffer.alloc(0), Buffer.alloc(0))]);
  }
}

const raw = (base64: string) => Buffer.from(base64, 'base64');

function hash(...parts: readonly Uint8Array[]): Buffer {
  const digest = createHash('blake2s256');
  for (const part of parts) digest.update(part);
  return digest.digest();
}

const hmac = (key: Uint8Array, data: Uint8Array) => createHmac('blake2s256', key).update(data).digest();

/** HKDF as WireGuard has it: up to three keys of 32 bytes. */
function kdf(key: Buffer, input: Buffer, count: 1 | 2 | 3): [Buffer, Buffer, Buffer] {
  const secret = hmac(key, input);
  const first = hmac(secret, Buffer.from([1]));
  const second = count > 1 ? hmac(secret, Buffer.concat([first, Buffer.from([2])])) : Buffer.alloc(0);
  const third = count > 2 ? hmac(secret, Buffer.concat([second, Buffer.from([3])])) : Buffer.alloc(0);
  return [first, second, third];
}

const privateKeyOf = (key: Buffer) =>
  createPrivateKey({ key: Buffer.concat([PKCS8, key]), format: 'der', type: 'pkcs8' });

function publicOf(key: Buffer): Buffer {
  return createPublicKey(privateKeyOf(key)).export({ format: 'der', type: 'spki' }).subarray(-32);
}

function agree(key: Buffer, theirs: Buffer): Buffer {
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI, theirs]), format: 'der', type: 'spki' });
  return diffieHellman({ privateKey: privateKeyOf(key), publicKey });
}

function nonceOf(counter: bigint): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(counter, 4);
  return nonce;
}

function seal(key: Buffer, counter: bigint, plain: Buffer, associated: Buffer): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonceOf(counter), { authTagLength: 16 });
  cipher.setAAD(associated, { plaintextLength: plain.length });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function opens(key: Buffer, tag: Buffer, associated: Buffer): boolean {
  const decipher = createDecipheriv('chacha20-poly1305', key, nonceOf(0n), { authTagLength: 16 });
  decipher.setAAD(associated, { plaintextLength: 0 });
  decipher.setAuthTag(tag);
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

function tai64n(now: number): Buffer {
  const stamp = Buffer.alloc(12);
  stamp.writeBigUInt64BE(TAI64_EPOCH + BigInt(Math.floor(now / 1000)), 0);
  stamp.writeUInt32BE((now % 1000) * 1_000_000, 8);
  return stamp;
}
