/**
 * Proofs signed and recovered per second on one core, digest included, against viem on the same proofs in the same
 * run. CPU time, not wall time: other work on the machine does not count.
 */
import { recoverTypedDataAddress } from 'viem';
import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { address } from '../../shared/base/units.ts';
import { addressOf, recoverAddress, secp256k1, sign } from '../../shared/node/secp256k1.ts';
import { decodeSignature, proofDigest } from '../../shared/wire/proof.ts';

export interface ProofFigures {
  readonly implementation: string;
  readonly signPerSec: number;
  readonly recoverPerSec: number;
  readonly viemPerSec: number;
  /** recoverPerSec ÷ viemPerSec. */
  readonly ratio: number;
}

const COUNT = 4_000;
const VIEM_COUNT = 150;
const KEY = fromHex('11'.repeat(32));
const DOMAIN = { chainId: 31337, channels: address(`0x${'22'.repeat(20)}`) };
const PAYER = addressOf(KEY);
const PAYEE = address(`0x${'33'.repeat(20)}`);

export async function benchProofs(): Promise<ProofFigures> {
  const message = (i: number) => ({ payer: PAYER, payee: PAYEE, cumulative: 10n ** 14n * BigInt(i + 1) });
  const warm = sign(proofDigest(DOMAIN, message(0)), KEY);
  for (let i = 0; i < 200; i++) recoverAddress(proofDigest(DOMAIN, message(0)), warm);

  const signatures: Uint8Array[] = [];
  const signPerSec = await perSecond(COUNT, (i) => {
    signatures.push(sign(proofDigest(DOMAIN, message(i)), KEY));
  });
  const signatureOf = (i: number) => signatures[i] ?? warm;

  const recoverPerSec = await perSecond(COUNT, (i) => {
    if (recoverAddress(proofDigest(DOMAIN, message(i)), signatureOf(i)) !== PAYER) throw new Error('wrong signer');
  });

  const typed = {
    domain: { name: 'HermeChannels', version: '1', chainId: DOMAIN.chainId, verifyingContract: DOMAIN.channels },
    primaryType: 'Proof',
    types: {
      Proof: [
        { name: 'payer', type: 'address' },
        { name: 'payee', type: 'address' },
        { name: 'cumulative', type: 'uint96' },
      ],
    },
  } as const;
  const viemPerSec = await perSecond(VIEM_COUNT, async (i) => {
    const { r, s, yParity } = decodeSignature(signatureOf(i));
    const signature = { r: toHex(r), s: toHex(s), yParity };
    const signer = await recoverTypedDataAddress({ ...typed, message: message(i), signature });
    if (signer.toLowerCase() !== PAYER) throw new Error('wrong signer');
  });

  return {
    implementation: secp256k1.name,
    signPerSec: Math.round(signPerSec),
    recoverPerSec: Math.round(recoverPerSec),
    viemPerSec: Math.round(viemPerSec),
    ratio: Math.round((10 * recoverPerSec) / viemPerSec) / 10,
  };
}

async function perSecond(count: number, run: (i: number) => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) await run(i);
  const { user, system } = process.cpuUsage(before);
  return (count * 1e6) / (user + system);
}

if (import.meta.main) console.log(await benchProofs());
