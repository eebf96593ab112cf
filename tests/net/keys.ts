/** Keys of a tunnel's end. */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';

export interface Keys {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** A WireGuard key pair, base64: the raw X25519 keys at the end of their DER. */
export function keys(): Keys {
  const { privateKey } = generateKeyPairSync('x25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  const publicDer = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'der',
    type: 'spki',
  });
  return {
    privateKey: der.subarray(-32).toString('base64'),
    publicKey: publicDer.subarray(-32).toString('base64'),
  };
}
