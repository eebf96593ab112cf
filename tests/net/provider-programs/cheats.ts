/** A client that cheats: the honest one with a single behaviour bent, between its purse and the control channel. */
import type { ControlConnection } from '../../../native-host/control-connection.ts';
import { fromHex, toHex } from '../../../shared/base/bytes.ts';
import type { Session } from '../../../shared/machine/handshake/api.ts';
import { sign } from '../../../shared/node/secp256k1.ts';
import type { ControlUpInput } from '../../../shared/wire/control.ts';
import { proofDigest } from '../../../shared/wire/proof.ts';

/**
 * `underPay`: every proof is over a tenth of what is due. `replay`: the first proof, again and again.
 * `flip`: the recovery bit of each signature is turned. `otherChain`: signed for another chain.
 */
export type Cheat = 'underPay' | 'replay' | 'flip' | 'otherChain';

type Proof = Extract<ControlUpInput, { type: 'proof' }>;

export function cheating(
  honest: ControlConnection,
  cheat: Cheat,
  session: Session,
  signerKey: Uint8Array,
): ControlConnection {
  let first: Proof | null = null;
  const signed = (cumulative: bigint, chainId = session.terms.chainId) => {
    const { payer, payee } = session.channel;
    const digest = proofDigest({ chainId, channels: session.terms.channels }, { payer, payee, cumulative });
    return toHex(sign(digest, signerKey));
  };
  const bend = (proof: Proof): Proof => {
    first ??= proof;
    const amount = BigInt(proof.cumulative);
    switch (cheat) {
      case 'underPay':
        return { ...proof, cumulative: String(amount / 10n), signature: signed(amount / 10n) };
      case 'replay':
        return first;
      case 'flip': {
        // EIP-2098: the parity is the highest bit of the second half.
        const bytes = Uint8Array.from(fromHex(proof.signature));
        bytes[32] = (bytes[32] ?? 0) ^ 0x80;
        return { ...proof, signature: toHex(bytes) };
      }
      case 'otherChain':
        return { ...proof, signature: signed(amount, session.terms.chainId + 1) };
    }
  };
  return { ...honest, send: (message) => honest.send(message.type === 'proof' ? bend(message) : message) };
}
