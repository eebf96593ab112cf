/** Nostr keys and signatures (BIP-340) by libsecp256k1 in WebAssembly: 0.4 ms a signature, 0.4 ms a check. */
import { initNostrWasm } from 'nostr-wasm';
import { toHex } from '../base/bytes.ts';
import type { NostrEvent, UnsignedEvent } from '../wire/nostr.ts';

export interface Nostr {
  generateSecretKey(): Uint8Array;
  /** x-only, 64 hex digits without 0x, as Nostr writes keys. */
  publicKeyOf(secretKey: Uint8Array): string;
  sign(event: UnsignedEvent, secretKey: Uint8Array): NostrEvent;
  /** True when the id is the event's hash and the signature is by its key. */
  verify(event: NostrEvent): boolean;
}

let loading: Promise<Nostr> | null = null;

/** Loads the module once per process. */
export function loadNostr(): Promise<Nostr> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Nostr> {
  const wasm = await initNostrWasm();
  return {
    generateSecretKey: () => wasm.generateSecretKey(),
    publicKeyOf: (secretKey) => toHex(wasm.getPublicKey(secretKey)).slice(2),
    sign(event, secretKey) {
      const signed: NostrEvent = { ...event, tags: event.tags.map((tag) => [...tag]), id: '', pubkey: '', sig: '' };
      wasm.finalizeEvent(signed, secretKey);
      return signed;
    },
    verify(event) {
      try {
        wasm.verifyEvent(event);
        return true;
      } catch {
        return false;
      }
    },
  };
}
